"""API Gateway requests -> status, timelines, presigned URLs, uploads, retries, deletions."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from api.app import Api
from api.page import Page, compose, web
from api.settings import Settings
from api.storage import S3Storage, Storage, origin
from api.views import derived_url
from imagebus.aws import client, execute_api, presigner
from imagebus.clock import SystemClock
from imagebus.listing import ImageIndex
from imagebus.missed import Uploads
from imagebus.recipes.store import DynamoDBRecipes
from imagebus.retrying import Retrier
from imagebus.store import DynamoDBEventStore


@cache
def api() -> Api:
    settings = Settings.from_environment(os.environ)
    storage = S3Storage(presigner())
    clock = SystemClock()
    store = DynamoDBEventStore(client("dynamodb"), settings.status_table)
    uploads = Uploads(lambda: client("s3"), settings.uploads_bucket)
    return Api(
        settings,
        store=store,
        index=ImageIndex(client("dynamodb"), settings.status_table),
        storage=storage,
        retrier=Retrier(store, lambda: client("sqs"), settings.inboxes, settings.required, uploads),
        recipes=DynamoDBRecipes(client("dynamodb"), settings.recipes_table, clock),
        clock=clock,
        page=cache(lambda: page(settings, storage)),
    )


def page(settings: Settings, storage: Storage) -> Page:
    addresses = [storage.url(settings.uploads_bucket, "x"), derived_url("x", storage, settings)]
    if settings.live_api:
        addresses.append(execute_api(settings.live_api).replace("http", "ws", 1))
    return compose(web(), map(origin, addresses), settings.max_bytes, settings.content_types)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return api()(event, context)
