"""ImageValidated, DerivationRequested -> ImageWatermarked | WatermarkSkipped."""

from __future__ import annotations

import os
from functools import cache

from imagebus.aws import bus, client
from imagebus.clock import SystemClock
from imagebus.consumer import consumer
from imagebus.inbox import Delivery
from imagebus.objects import S3ObjectStore
from imagebus.recipes.model import Watermark
from imagebus.worker import Worker
from watermarker.mark import watermark_work


@cache
def _worker() -> Worker:
    env, bucket = os.environ, os.environ["IMAGES_BUCKET"]
    spec = Watermark(
        text=env["WATERMARK_TEXT"],
        position=env["WATERMARK_POSITION"],  # type: ignore[arg-type]  # the template allows nothing else
        opacity=float(env["WATERMARK_OPACITY"]),
        scale=float(env["WATERMARK_SCALE"]),
        max_side=int(env["MAX_SIDE"]),
    )
    output_format = None if env["OUTPUT_FORMAT"] == "auto" else env["OUTPUT_FORMAT"]
    work = watermark_work(bucket, spec, output_format, int(env["RECIPE_GENERATION"]))
    return Worker(bus(), S3ObjectStore(client("s3")), SystemClock(), bucket, work)


def _derive(delivery: Delivery) -> None:
    _worker()(delivery)


handle = consumer(_derive)
