"""What a recipe asks for that an image does not have yet, and the event that asks the workers for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imagebus.clock import Clock
from imagebus.events import Event, Meta, caused_by
from imagebus.events.analyzer import Box
from imagebus.events.recipes import DerivationRequested
from imagebus.events.thumbnailer import Thumbnail
from imagebus.events.watermarker import Copy
from imagebus.history.derived import OF_RECIPES, recipe_id
from imagebus.identity import canonical_json, recipe_run
from imagebus.image_types import OUTPUT_OF_SOURCE
from imagebus.recipes.model import OutputFormat, Recipe, Variant, digest

if TYPE_CHECKING:
    from imagebus.history.recorded import RecordedEvent

#: The recipes that an image can have variants of besides its own, so that its status item stays below
#: DynamoDB's 400 KB: with 50 derived images each, eight of them take 200 KB.
MAX_OTHERS = 8


class TooManyRecipes(Exception):
    """The image has variants of so many recipes that the older ones must be pruned first."""

    def __init__(self) -> None:
        super().__init__(f"variants of {MAX_OTHERS} recipes: prune first")


@dataclass(frozen=True, slots=True)
class Output:
    """One object of a recipe: a variant in one format. Equal ids share one object."""

    name: str
    variant: Variant
    format: OutputFormat
    id: str


def outputs(
    recipe: Recipe, source_format: str, frames: int, engine: str, faces: Sequence[Box] = ()
) -> list[Output]:
    """Everything that the recipe asks for, from small to large.

    Of two formats that are the same for this source, the first.
    """
    found = []
    for name, variant in sorted(recipe.variants.items(), key=_by_size):
        seen = set()
        for wanted in variant.formats:
            written = _written(variant, wanted, source_format, frames)
            if written not in seen:
                seen.add(written)
                focus = faces_digest(faces) if variant.focus == "faces" else ""
                found.append(Output(name, variant, wanted, variant.output_id(wanted, engine, focus)))
    return found


def _by_size(named: tuple[str, Variant]) -> tuple[int, str]:
    name, variant = named
    return max(variant.width or 0, variant.height or 0), name


def _written(variant: Variant, wanted: OutputFormat, source_format: str, frames: int) -> str:
    moves = variant.animated and frames > 1 and source_format in ("GIF", "WEBP")
    if wanted != "source":
        return wanted.upper()
    return "WEBP" if moves else OUTPUT_OF_SOURCE.get(source_format, source_format)


def faces_digest(faces: Sequence[Box]) -> str:
    return digest(canonical_json([each.as_json() for each in faces])) if faces else ""


@dataclass(frozen=True, slots=True)
class Missing:
    """What to make, and by which stages. Empty if the image has everything."""

    outputs: Sequence[Output] = ()
    watermark: bool = False
    #: Objects of the recipe that another one has made already.
    present: Sequence[Thumbnail] = ()
    marked: Copy | None = None
    thumbnails: bool = False

    @property
    def stages(self) -> tuple[str, ...]:
        return ("thumbnailer",) * self.thumbnails + ("watermarker",) * self.watermark

    def __bool__(self) -> bool:
        return bool(self.stages)


def missing(item: Mapping[str, Any], recipe: Recipe, engine: str) -> Missing:
    """What the image of a status item lacks. Only a completed image lacks anything: the others are at work,
    or have failed, and a retry makes what their own recipe asks for."""
    if item["status"] != "completed" or "format" not in item:
        return Missing()
    wanted = outputs(recipe, item["format"], item["frames"], engine, faces_of(item))
    entry = item if item.get("recipe") == recipe.id else item.get("derived", {}).get(recipe.id, {})
    has = {(each["name"], each.get("variant")) for each in entry.get("thumbnails", ())}
    everywhere = {each["variant"]: each for each in _thumbnails(item) if "variant" in each}
    present = [
        Thumbnail.from_json(dict(everywhere[each.id]) | {"name": each.name})
        for each in wanted
        if each.id in everywhere
    ]
    stated = entry.get("watermarked", {}).get("recipe") == f"{engine}/{recipe.id}"
    watermark = recipe.watermark != "none" and not stated
    return Missing(
        outputs=[each for each in wanted if each.id not in everywhere],
        watermark=watermark,
        present=present,
        marked=_copy(item, recipe, engine) if watermark else None,
        thumbnails=not has.issuperset((each.name, each.id) for each in wanted),
    )


def faces_of(item: Mapping[str, Any]) -> tuple[Box, ...]:
    faces: Mapping[str, Any] = item.get("labels", {}).get("faces") or {}
    return tuple(Box.from_json(each["box"]) for each in faces.get("largest", ()))


def _thumbnails(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for entry in _entries(item):
        yield from entry.get("thumbnails", ())


def _copy(item: Mapping[str, Any], recipe: Recipe, engine: str) -> Copy | None:
    """The watermarked copy that another recipe has made. Its name says by which settings."""
    if recipe.watermark == "none":
        return None
    name = f"/watermarked.{recipe.watermark.output_id(engine)}."
    copies = [entry["watermarked"] for entry in _entries(item) if "watermarked" in entry]
    return next((Copy.from_json(each) for each in copies if name in each["key"]), None)


def _entries(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What each recipe has made of the image."""
    yield item
    yield from item.get("derived", {}).values()


def request(
    item: Mapping[str, Any], log: Sequence[RecordedEvent], recipe: Recipe, engine: str, clock: Clock
) -> Event[DerivationRequested] | None:
    """What to publish for an image that lacks something; `log` is what its status item was folded from, or
    later: nothing is asked for an upload that was replaced or erased in between.

    The same log always gives the same event id, so that asking twice is asking once. Raises TooManyRecipes.
    """
    lacks = missing(item, recipe, engine)
    validated = next((e for e in log if e.detail_type == "ImageValidated"), None)
    if not lacks or validated is None or validated.revision != item["revision"]:
        return None
    others = item.get("derived", {})
    if recipe.id not in {item.get("recipe"), *others} and len(others) >= MAX_OTHERS:
        raise TooManyRecipes
    generation = _generation(log, recipe.id)
    data = DerivationRequested(
        recipe=recipe.id,
        stages=lacks.stages,  # type: ignore[arg-type]  # these two
        # Not from the item: a delivery of ImageUploaded may still be on its way.
        bucket=validated.detail["data"]["bucket"],
        etag=validated.detail["data"]["etag"],
        format=item["format"],
        frames=item["frames"],
        generation=generation,
        present=tuple(lacks.present),
        marked=lacks.marked,
        faces=faces_of(item),
    )
    cause = Meta.from_json(validated.meta)
    return caused_by(cause, data, clock=clock, discriminator=recipe_run(f"{engine}/{recipe.id}", generation))


def _generation(log: Iterable[RecordedEvent], recipe: str) -> int:
    """How often the recipe was used on the image, for better or worse: 0 for the first time."""
    numbers = [
        int(event.detail["data"].get("generation") or 0)
        for event in log
        if event.detail_type in OF_RECIPES and recipe_id(event) == recipe
    ]
    return max(numbers) + 1 if numbers else 0
