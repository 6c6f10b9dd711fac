"""The API's handler on moto: real clients, real adapters, events as API Gateway sends them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from api.addressing import address
from api.app import Api
from api.page import Page
from api.settings import Settings
from api.storage import S3Storage
from imagebus.events import Event, EventData, Meta, caused_by, new_event
from imagebus.events.analyzer import LabelsSkipped, MetadataExtracted
from imagebus.events.catalog import STAGE_NAMED
from imagebus.events.failures import ProcessingFailed
from imagebus.events.ingest import ImageDeleted, ImageUploaded
from imagebus.events.thumbnailer import Thumbnail, ThumbnailsCreated
from imagebus.events.validator import ImageRejected, ImageValidated
from imagebus.events.watermarker import ImageWatermarked
from imagebus.history.recorded import RecordedEvent
from imagebus.history.required import DEFAULT, Required
from imagebus.identity import derived_prefix
from imagebus.listing import ImageIndex
from imagebus.missed import Uploads
from imagebus.recipes.store import DynamoDBRecipes
from imagebus.retrying import Retrier
from imagebus.store import DynamoDBEventStore
from imagebus.testing import InMemoryDynamoDB, ManualClock, RecordingBus, recipes_table
from recorder.record import Recorder
from tests.tables import create_table, no_erasures

UPLOADS, IMAGES, TABLE, RECIPES = "uploads-bucket", "images-bucket", "status", "recipes"
PAGE = Page("<!doctype html><title>page</title>", '"page-1"', "default-src 'none'")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str

    @cached_property
    def json(self) -> Any:
        return json.loads(self.body)


@cache
def _clients() -> tuple[Any, Any, Any]:
    """Made once: they keep nothing of what moto forgets after each test."""
    s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
    return s3, boto3.client("dynamodb"), boto3.client("sqs")


class World:
    """The stack around the API, and the recorder that fills its table."""

    def __init__(self, **settings: Any) -> None:
        self.s3, self.dynamodb, self.sqs = _clients()
        self.s3.create_bucket(Bucket=UPLOADS)
        self.s3.put_bucket_versioning(Bucket=UPLOADS, VersioningConfiguration={"Status": "Enabled"})
        self.s3.create_bucket(Bucket=IMAGES)
        create_table(self.dynamodb, TABLE)
        self.inboxes = {stage: self.sqs.create_queue(QueueName=stage)["QueueUrl"] for stage in STAGE_NAMED}
        self.clock = ManualClock()
        self.recipes = DynamoDBRecipes(
            InMemoryDynamoDB({RECIPES: recipes_table()}),
            RECIPES,
            self.clock,
        )
        self.store = DynamoDBEventStore(self.dynamodb, TABLE)
        self.recorder = Recorder(
            self.store, RecordingBus(), self.clock, Required.parse(DEFAULT), no_erasures()
        )
        self.api = self.api_with(**settings)

    def api_with(self, *, looks_at_s3: bool = False, **settings: Any) -> Api:
        """Most tests tell only what the log says, so S3 has none of their images."""
        uploads = Uploads(lambda: self.s3, UPLOADS) if looks_at_s3 else None
        self.settings = Settings(TABLE, UPLOADS, IMAGES, self.inboxes, **settings)
        return Api(
            self.settings,
            store=self.store,
            index=ImageIndex(self.dynamodb, TABLE),
            storage=S3Storage(self.s3),
            retrier=Retrier(self.store, lambda: self.sqs, self.inboxes, self.settings.required, uploads),
            recipes=self.recipes,
            clock=self.clock,
            page=lambda: PAGE,
        )

    # --- asking

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        is_base64: bool = False,
        several: Mapping[str, list[str]] | None = None,
    ) -> Answer:
        """`path` as the client sends it, without the stage. `several`: headers that it repeats."""
        sent = {"Host": "example.execute-api.us-east-1.amazonaws.com", **(headers or {})}
        sent |= {name: values[-1] for name, values in (several or {}).items()}
        asked = {name: [each] if isinstance(each, str) else each for name, each in (query or {}).items()}
        event = {
            "resource": "/{path+}",
            "path": f"/{path}",
            "httpMethod": method,
            "headers": sent,
            "multiValueHeaders": {name: [value] for name, value in sent.items()} | (several or {}),
            "queryStringParameters": {name: each[-1] for name, each in asked.items()} or None,
            "multiValueQueryStringParameters": asked or None,
            "pathParameters": None,
            "requestContext": {"requestId": str(uuid.uuid4()), "stage": "v1", "path": f"/v1/{path}"},
            "body": body,
            "isBase64Encoded": is_base64,
        }
        answer = self.api(event, None)
        headers = {name.lower(): values[0] for name, values in answer["multiValueHeaders"].items()}
        return Answer(answer["statusCode"], headers, answer["body"])

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: str) -> Answer:
        return self.call("GET", path, query=query, headers=headers)

    def post(self, path: str, body: Any = None) -> Answer:
        sent = None if body is None else json.dumps(body)
        return self.call("POST", path, headers={"Content-Type": "application/json"}, body=sent)

    # --- what happens

    def record(self, *events: Event[EventData]) -> None:
        recorded = [RecordedEvent(each.source, each.detail_type, each.detail()) for each in events]
        self.recorder.record(events[0].meta.image_key, recorded, announce=True)

    def tell(self, cause: Meta, data: EventData, discriminator: str = "") -> Meta:
        """The next event of an image, ten milliseconds later."""
        self.clock.advance(0.01)
        event = caused_by(cause, data, clock=self.clock, discriminator=discriminator)
        self.record(event)
        return event.meta

    def uploaded(self, key: str, revision: str = "1") -> Meta:
        self.s3.put_object(Bucket=UPLOADS, Key=key, Body=b"image bytes")
        self.clock.advance(1)
        data = ImageUploaded(bucket=UPLOADS, size=11, etag="e", reason="PutObject")
        event = new_event(data, image_key=key, revision=revision.rjust(32, "0"), clock=self.clock)
        self.record(event)
        return event.meta

    def validated(self, key: str, **more: Any) -> Meta:
        facts: dict[str, Any] = {"width": 800, "height": 600, "mode": "RGB", "has_alpha": False, "frames": 1}
        data = ImageValidated(
            bucket=UPLOADS, size=11, etag="e", format="JPEG", mime="image/jpeg", orientation=1,
            sha256="a" * 64, **facts, **more,
        )  # fmt: skip
        return self.tell(self.uploaded(key), data)

    def facts(self, cause: Meta) -> dict[str, EventData]:
        """What each stage publishes for a validated image; the objects that it names exist."""
        prefix = derived_prefix(cause.image_key, cause.revision)
        thumbnails = tuple(
            Thumbnail(
                name=f"{side}x{side}", bucket=IMAGES, key=f"{prefix}thumbnails/{side}x{side}.jpg",
                width=side, height=side * 3 // 4, format="JPEG", bytes=side, sha256="b" * 64,
            )
            for side in (100, 320, 1280)
        )  # fmt: skip
        for each in thumbnails:
            self.s3.put_object(Bucket=IMAGES, Key=each.key, Body=each.name.encode())
        self.s3.put_object(Bucket=IMAGES, Key=f"{prefix}watermarked.jpg", Body=b"watermarked")
        shape: dict[str, Any] = {"width": 800, "height": 600, "format": "JPEG", "bytes": 17}
        return {
            "thumbnailer": ThumbnailsCreated(recipe="r", items=thumbnails),
            "watermarker": ImageWatermarked(
                recipe="r", bucket=IMAGES, key=f"{prefix}watermarked.jpg", **shape
            ),
            "metadata": MetadataExtracted(
                properties={"format": "JPEG"},
                exif={},
                dominant_colors=("#008083",),
                thumbhash="U8cJ",
                phash="cc",
            ),
            "labels": LabelsSkipped(reason="no labels here"),
        }

    def completed(self, key: str) -> Meta:
        cause = self.validated(key)
        return [self.tell(cause, data) for data in self.facts(cause).values()][-1]

    def rejected(self, key: str) -> Meta:
        return self.tell(self.uploaded(key), ImageRejected(code="corrupt", detail="the picture ends early"))

    def failed(self, key: str, stage: str = "thumbnailer", **envelope: Any) -> Meta:
        """All derived facts are present except the stage's."""
        cause = self.validated(key)
        for name, fact in self.facts(cause).items():
            if name != stage:
                self.tell(cause, fact)
        failed_event: dict[str, Any] = {
            "source": "imagebus.validator",
            "detail-type": "ImageValidated",
            "detail": {"meta": cause.as_json(), "data": {}},
            **envelope,
        }
        data = ProcessingFailed(
            stage=stage, error_type="AccessDenied", message="no", attempts=5, failed_event=failed_event
        )
        return self.tell(cause, data, stage)

    def deleted(self, key: str) -> Meta:
        self.s3.delete_object(Bucket=UPLOADS, Key=key)
        data = ImageDeleted(bucket=UPLOADS, deletion_type="Delete Marker Created")
        event = new_event(data, image_key=key, revision="9".rjust(32, "0"), clock=self.clock)
        self.record(event)
        return event.meta

    def at(self, key: str) -> str:
        return address(key)


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        yield World()
