"""The variants of one validated image, as its recipe defines them."""

from __future__ import annotations

from collections.abc import Sequence

from imagebus.events.thumbnailer import Thumbnail, ThumbnailsCreated
from imagebus.identity import recipe_run
from imagebus.recipes.missing import Output as Wanted
from imagebus.recipes.missing import outputs
from imagebus.recipes.store import Recipes
from imagebus.worker import Derivation, Job, Output, Work
from imagebus_imaging import RECIPE, Derived, thumbnails


def thumbnail_work(bucket: str, recipes: Recipes, engine: str = RECIPE) -> Work:
    def work(job: Job) -> Derivation:
        recipe, source = job.recipe(recipes), job.event.data
        wanted = outputs(recipe, source.format, source.frames, engine, job.faces)
        items = {(each.name, each.variant or ""): each for each in job.present}
        missing = [each for each in wanted if (each.name, each.id) not in items]
        moving = all(each.variant.animated and each.format in ("source", "webp") for each in wanted)
        written = []
        for output, made in zip(missing, _derived(job, missing), strict=True):
            name = f"thumbnails/{output.name}.{output.id}.{made.extension}"
            written.append(Output(name, made.data, made.mime))
            items[output.name, output.id] = _thumbnail(output, made, bucket, job.prefix + name)
            moving = moving and made.frames >= source.frames
        made_by = f"{engine}/{recipe.id}"
        fact = ThumbnailsCreated(
            recipe=made_by,
            items=tuple(items[each.name, each.id] for each in wanted),
            still=True if source.frames > 1 and not moving else None,
            generation=job.generation,
        )
        return Derivation(fact, written, recipe_run(made_by, job.generation))

    return work


def _derived(job: Job, wanted: Sequence[Wanted]) -> list[Derived]:
    found = []
    for each in wanted:
        variant = each.variant
        box = variant.width or 65535, variant.height or 65535
        found += thumbnails(
            job.data,
            [box],
            output_format=None if each.format == "source" else each.format.upper(),
            quality=dict(variant.quality).get(each.format),  # type: ignore[arg-type]
            background=variant.background,
            linear=variant.linear,
            animated=variant.animated,
        )
    return found


def _thumbnail(output: Wanted, made: Derived, bucket: str, key: str) -> Thumbnail:
    return Thumbnail(
        name=output.name,
        bucket=bucket,
        key=key,
        width=made.width,
        height=made.height,
        format=made.format,  # type: ignore[arg-type]  # the engine's names are the contract's
        bytes=len(made.data),
        sha256=made.sha256,
        variant=output.id,
    )
