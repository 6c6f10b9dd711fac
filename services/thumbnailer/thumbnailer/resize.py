"""The variants of one validated image, as its recipe defines them."""

from __future__ import annotations

from imagebus.events.analyzer import Box
from imagebus.events.thumbnailer import Thumbnail, ThumbnailsCreated
from imagebus.identity import recipe_run
from imagebus.recipes.missing import Output, outputs
from imagebus.recipes.store import Recipes
from imagebus.worker import Derivation, DerivedObject, Job, Work, in_any_format
from imagebus_imaging import RECIPE, Derived, derive


def thumbnail_work(bucket: str, recipes: Recipes, engine: str = RECIPE) -> Work:
    def work(job: Job) -> Derivation:
        recipe, source = job.recipe(recipes), job.event.data
        wanted = outputs(recipe, source.format, source.frames, engine, job.faces)
        items = {(each.name, each.variant or ""): each for each in job.present}
        missing = [each for each in wanted if (each.name, each.id) not in items]
        job.may_write.extend(name for each in missing for name in in_any_format(_stem(each)))
        moving = all(each.variant.animated and each.format in ("source", "webp") for each in wanted)
        made = derive(job.data, missing, faces=[_box(face) for face in job.faces]) if missing else []
        written = []
        for output, derived in zip(missing, made, strict=True):
            name = f"{_stem(output)}.{derived.extension}"
            written.append(DerivedObject(name, derived.data, derived.mime))
            items[output.name, output.id] = _thumbnail(output, derived, bucket, job.prefix + name)
            moving = moving and derived.frames >= source.frames
        made_by = f"{engine}/{recipe.id}"
        fact = ThumbnailsCreated(
            recipe=made_by,
            items=tuple(items[each.name, each.id] for each in wanted),
            still=True if source.frames > 1 and not moving else None,
            generation=job.generation,
        )
        return Derivation(fact, written, recipe_run(made_by, job.generation))

    return work


def _stem(output: Output) -> str:
    return f"thumbnails/{output.name}.{output.id}"


def _box(face: Box) -> tuple[float, float, float, float]:
    return face.left, face.top, face.width, face.height


def _thumbnail(output: Output, derived: Derived, bucket: str, key: str) -> Thumbnail:
    return Thumbnail(
        name=output.name,
        bucket=bucket,
        key=key,
        width=derived.width,
        height=derived.height,
        format=derived.format,  # type: ignore[arg-type]  # the engine's names are the contract's
        bytes=len(derived.data),
        sha256=derived.sha256,
        variant=output.id,
    )
