"""ImageValidated, DerivationRequested -> ThumbnailsCreated."""

from __future__ import annotations

import os
from functools import cache

from imagebus.aws import bus, client
from imagebus.clock import SystemClock
from imagebus.consumer import consumer
from imagebus.inbox import Delivery
from imagebus.objects import S3ObjectStore
from imagebus.worker import Worker
from thumbnailer.resize import parse_sizes, thumbnail_work


@cache
def _worker() -> Worker:
    env, bucket = os.environ, os.environ["IMAGES_BUCKET"]
    output_format = None if env["OUTPUT_FORMAT"] == "auto" else env["OUTPUT_FORMAT"]
    work = thumbnail_work(
        bucket,
        parse_sizes(env["THUMBNAIL_SIZES"]),
        output_format,
        env["BACKGROUND"],
        linear=env["LINEAR_LIGHT"] == "true",
        animated=env["ANIMATED_THUMBNAILS"] == "true",
        generation=int(env["RECIPE_GENERATION"]),
    )
    return Worker(bus(), S3ObjectStore(client("s3")), SystemClock(), bucket, work)


def _derive(delivery: Delivery) -> None:
    _worker()(delivery)


handle = consumer(_derive)
