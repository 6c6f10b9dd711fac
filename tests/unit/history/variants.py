"""Images with facts of several recipes: what validator, workers and operators would have published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from imagebus.events import Event, caused_by, new_event
from imagebus.events.ingest import ImageDeleted, ImageUploaded
from imagebus.events.recipes import DerivationRequested, VariantsPruned
from imagebus.events.recorder import ImageProcessed
from imagebus.events.thumbnailer import Thumbnail, ThumbnailsCreated
from imagebus.events.validator import ImageValidated
from imagebus.events.watermarker import ImageWatermarked, WatermarkSkipped
from imagebus.history.recorded import RecordedEvent
from imagebus.history.required import Required
from imagebus.identity import derived_prefix, recipe_run
from imagebus.recipes.missing import outputs, request
from imagebus.recipes.model import Recipe, RecipeSet, digest
from imagebus.testing import ManualClock
from tests.unit.core.events import KEY, SHA

ENGINE = "2026-11.7"
REQUIRED = Required.parse("ThumbnailsCreated ImageWatermarked|WatermarkSkipped")
CARD: Mapping[str, Any] = {"width": 320, "height": 320}
PAGE: Mapping[str, Any] = {"width": 1200, "formats": ["webp", "source"]}
MARK: Mapping[str, Any] = {"text": "shop"}


def recipe_set(variants: Mapping[str, Any], watermark: Any = "none") -> RecipeSet:
    return RecipeSet.read({"recipes": [{"name": "all", "variants": variants, "watermark": watermark}]})


#: They share variants with each other, with and without a watermark.
SETS = [
    recipe_set({"card": CARD}),
    recipe_set({"card": CARD}, MARK),
    recipe_set({"card": CARD, "page": PAGE}, MARK),
    recipe_set({"small": CARD, "page": {**PAGE, "formats": ["avif"]}}),
]
RECIPES: list[Recipe] = [each.recipes[0].recipe for each in SETS]


def validated(rev: str, recipe: Recipe | None, clock: ManualClock) -> Event[ImageValidated]:
    upload = new_event(
        ImageUploaded(bucket="uploads", size=1000, etag="e1", reason="PutObject"),
        image_key=KEY, revision=rev, clock=clock, version_id="v",
    )  # fmt: skip
    data = ImageValidated(
        bucket="uploads", size=1000, etag="e1", format="PNG", mime="image/png", width=640, height=480,
        mode="RGB", has_alpha=False, frames=1, orientation=1, sha256=SHA, recipe=recipe and recipe.id,
    )  # fmt: skip
    return caused_by(upload.meta, data, clock=clock)


def uploaded(rev: str, clock: ManualClock) -> Event[ImageUploaded]:
    data = ImageUploaded(bucket="uploads", size=1000, etag="e1", reason="PutObject")
    return new_event(data, image_key=KEY, revision=rev, clock=clock, version_id="v")


def deleted(rev: str, clock: ManualClock) -> Event[ImageDeleted]:
    data = ImageDeleted(bucket="uploads", deletion_type="Delete Marker Created")
    return new_event(data, image_key=KEY, revision=rev, clock=clock)


def facts(
    cause: Event[ImageValidated] | Event[DerivationRequested],
    recipe: Recipe,
    clock: ManualClock,
    engine: str = ENGINE,
) -> Iterator[Event[Any]]:
    """What the workers publish about the event, from which they make what is not `present`."""
    asked = cause.data if isinstance(cause.data, DerivationRequested) else None
    stages = asked.stages if asked else ("thumbnailer", "watermarker")
    generation = asked.generation if asked else 0
    run, name = recipe_run(f"{engine}/{recipe.id}", generation), f"{engine}/{recipe.id}"
    prefix = derived_prefix(cause.meta.image_key, cause.meta.revision)
    if "thumbnailer" in stages:
        present = {each.variant: each for each in (asked.present if asked else ())}
        items = tuple(
            Thumbnail(
                name=each.name,
                bucket="images",
                key=present[each.id].key if each.id in present else f"{prefix}thumbnails/{each.id}",
                width=64,
                height=48,
                format="PNG",
                bytes=9,
                sha256=SHA,
                variant=each.id,
            )
            for each in outputs(recipe, "PNG", 1, engine)
        )
        made = ThumbnailsCreated(recipe=name, items=items, generation=generation)
        yield caused_by(cause.meta, made, clock=clock, discriminator=run)
    if "watermarker" in stages or not asked:
        if recipe.watermark == "none":
            skipped = WatermarkSkipped(recipe=name, reason="none is wanted")
            yield caused_by(cause.meta, skipped, clock=clock, discriminator=run)
        else:
            marked = ImageWatermarked(
                recipe=name, bucket="images", key=f"{prefix}watermarked.{recipe.watermark.output_id(engine)}",
                width=64, height=48, format="PNG", bytes=9, generation=generation,
            )  # fmt: skip
            yield caused_by(cause.meta, marked, clock=clock, discriminator=run)


def processed(cause: Event[Any], clock: ManualClock) -> Event[ImageProcessed]:
    return caused_by(cause.meta, ImageProcessed(stages={}, duration_ms=1, counts={}), clock=clock)


def pruned(cause: Event[Any], retired: Sequence[str], clock: ManualClock) -> Event[VariantsPruned]:
    data = VariantsPruned(retired=tuple(sorted(retired)), objects=0, bytes=0)
    return caused_by(cause.meta, data, clock=clock, discriminator=digest(" ".join(sorted(retired))))


def completed(rev: str, recipe: Recipe | None, clock: ManualClock) -> list[RecordedEvent]:
    """The whole log of an image that was made by the recipe."""
    first = validated(rev, recipe, clock)
    events = [
        uploaded(rev, clock),
        first,
        *facts(first, recipe or RECIPES[0], clock),
        processed(first, clock),
    ]
    return [RecordedEvent.from_event(event) for event in events]


def backfilled(
    item: Mapping[str, Any], log: Sequence[RecordedEvent], recipe: Recipe, clock: ManualClock,
    engine: str = ENGINE,
) -> list[RecordedEvent]:  # fmt: skip
    """The request for what the image lacks, and its answers."""
    asked = request(item, log, recipe, engine, clock)
    answers = facts(asked, recipe, clock, engine) if asked else ()
    return [RecordedEvent.from_event(event) for event in (asked, *answers) if event]
