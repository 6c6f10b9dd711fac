"""The watermarked copy of one validated image, if its recipe asks for one."""

from __future__ import annotations

from imagebus.events.watermarker import ImageWatermarked, WatermarkSkipped
from imagebus.identity import recipe_run
from imagebus.recipes.store import Recipes
from imagebus.worker import Derivation, Job, Output, Work
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
        made = watermark(job.data, mark)
        name = f"watermarked.{mark.output_id(engine)}.{made.extension}"
        fact = ImageWatermarked(
            recipe=made_by,
            bucket=bucket,
            key=job.prefix + name,
            width=made.width,
            height=made.height,
            format=made.format,  # type: ignore[arg-type]  # the engine's names are the contract's
            bytes=len(made.data),
            generation=job.generation,
        )
        return Derivation(fact, [Output(name, made.data, made.mime)], run)

    return work
