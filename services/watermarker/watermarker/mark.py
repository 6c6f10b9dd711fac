"""The watermarked copy of one validated image."""

from __future__ import annotations

import hashlib

from msgspec.structs import replace

from imagebus.events.watermarker import ImageWatermarked
from imagebus.identity import recipe_run, variant
from imagebus.recipes.model import Watermark
from imagebus.worker import Derivation, Job, Output, Work
from imagebus_imaging import RECIPE, watermark


def watermark_work(
    bucket: str, spec: Watermark, output_format: str | None, generation: int | None = None
) -> Work:
    # The text is in the recipe as a digest, because it may be long and a recipe is a name.
    text = hashlib.sha256(spec.text.encode()).hexdigest()[:8]
    placed = f"{spec.position}/{spec.opacity}/{spec.scale}/{spec.max_side}"
    recipe = f"{RECIPE}/{text}/{placed}/{output_format or 'auto'}"

    mark = replace(spec, format=(output_format or "source").lower())

    def work(job: Job) -> Derivation:
        derived = watermark(job.data, mark)
        name = f"watermarked.{variant(recipe)}.{derived.extension}"
        fact = ImageWatermarked(
            recipe=recipe,
            bucket=bucket,
            key=job.prefix + name,
            width=derived.width,
            height=derived.height,
            format=derived.format,  # type: ignore[arg-type]  # the engine's names are the contract's
            bytes=len(derived.data),
            generation=generation,
        )
        return Derivation(fact, [Output(name, derived.data, derived.mime)], recipe_run(recipe, generation))

    return work
