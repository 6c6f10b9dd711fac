"""The watermarked copy of one validated image."""

from __future__ import annotations

from imagebus.events.watermarker import ImageWatermarked
from imagebus.worker import Job, Output, Result, Work
from imagebus_imaging import RECIPE, WatermarkSpec, watermark


def watermark_work(bucket: str, spec: WatermarkSpec, output_format: str | None) -> Work:
    recipe = f"{RECIPE}/{spec.position}/{spec.opacity}/{spec.scale}/{spec.max_side}/{output_format or 'auto'}"

    def work(job: Job) -> Result:
        derived = watermark(job.data, spec, output_format=output_format)
        name = f"watermarked.{derived.extension}"
        fact = ImageWatermarked(
            recipe=recipe,
            bucket=bucket,
            key=job.prefix + name,
            width=derived.width,
            height=derived.height,
            format=derived.format,  # type: ignore[arg-type]  # the engine's names are the contract's
            bytes=len(derived.data),
        )
        return Result(fact, [Output(name, derived.data, derived.mime)], recipe)

    return work
