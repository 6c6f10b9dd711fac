"""ImageValidated, DerivationRequested -> ThumbnailsCreated."""

from __future__ import annotations

import os
from functools import cache

from imagebus.aws import bus, client
from imagebus.clock import SystemClock
from imagebus.consumer import consumer
from imagebus.inbox import Delivery
from imagebus.objects import S3ObjectStore
from imagebus.recipes.store import DynamoDBRecipes
from imagebus.worker import Worker
from thumbnailer.resize import thumbnail_work


@cache
def _worker() -> Worker:
    clock, bucket = SystemClock(), os.environ["IMAGES_BUCKET"]
    recipes = DynamoDBRecipes(client("dynamodb"), os.environ["RECIPES_TABLE"], clock)
    work = thumbnail_work(bucket, recipes)
    return Worker(bus(), S3ObjectStore(client("s3")), clock, bucket, work, "thumbnailer")


def _derive(delivery: Delivery) -> None:
    _worker()(delivery)


handle = consumer(_derive)
