"""The watermarked copy of one validated image, if its recipe asks for one."""

from __future__ import annotations

from msgspec.structs import asdict

from imagebus.events.watermarker import Copy, ImageWatermarked, WatermarkSkipped
from imagebus.identity import recipe_run
from imagebus.recipes.store import Recipes
from imagebus.worker import Derivation, DerivedObject, Job, Work, in_any_format
from imagebus_imaging import RECIPE, watermark


def watermark_work(bucket: str, recipes: Recipes, engine: str = RECIPE) -> Work:
    def work(job: Job) -> Derivation:
        recipe = job.recipe(recipes)
        made_by = f"{engine}/{recipe.id}"
        run = recipe_run(made_by, job.generation)
        mark = recipe.watermark
        if mark == "none":
            skipped = WatermarkSkipped(recipe=made_by, reason="The recipe asks for no watermarked copy.")
            return Derivation(skipped, discriminator=run)
        copy, written = job.marked, []
        if copy is None:
            stem = f"watermarked.{mark.output_id(engine)}"
            job.may_write.extend(in_any_format(stem))
            made = watermark(job.data, mark)
            name = f"{stem}.{made.extension}"
            written.append(DerivedObject(name, made.data, made.mime))
            copy = Copy(
                bucket=bucket,
                key=job.prefix + name,
                width=made.width,
                height=made.height,
                format=made.format,  # type: ignore[arg-type]  # the engine's names are the contract's
                bytes=len(made.data),
            )
        fact = ImageWatermarked(recipe=made_by, generation=job.generation, **asdict(copy))
        return Derivation(fact, written, run)

    return work
