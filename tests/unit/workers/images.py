"""A validated image in a bucket, and the workers that derive from it, with the real engine."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from PIL import Image

from imagebus.events import Event, EventData, caused_by, new_event
from imagebus.events.ingest import ImageUploaded
from imagebus.events.recipes import DerivationRequested
from imagebus.events.validator import ImageValidated
from imagebus.identity import derived_prefix
from imagebus.inbox import Inbox, one_by_one
from imagebus.objects import S3ObjectStore
from imagebus.recipes.model import Recipe, RecipeSet
from imagebus.recipes.store import DynamoDBRecipes
from imagebus.testing import (
    InMemoryDynamoDB,
    InMemoryS3,
    ManualClock,
    RecordingBus,
    recipes_table,
    sqs_record,
)
from imagebus.testing.s3 import Bucket
from imagebus.worker import Work, Worker
from tests.unit.core.events import FIRST, KEY, envelope
from thumbnailer.resize import thumbnail_work
from watermarker.mark import watermark_work

WORK: Mapping[str, Callable[[str, DynamoDBRecipes], Work]] = {
    "thumbnailer": thumbnail_work,
    "watermarker": watermark_work,
}


def picture(image_format: str = "PNG", *, frames: int = 1) -> bytes:
    buffer = io.BytesIO()
    first, *others = [Image.new("RGB", (64, 48), (40 * each, 80, 120)) for each in range(frames)]
    more: dict[str, Any] = {"save_all": True, "append_images": others} if others else {}
    first.save(buffer, image_format, **more)
    return buffer.getvalue()


def recipe(variants: Mapping[str, Mapping[str, Any]], watermark: Any = "none") -> Recipe:
    return Recipe.read({"variants": variants, "watermark": watermark})


def only(of: Recipe) -> RecipeSet:
    """The set with this recipe for every upload."""
    rule = {"name": "all", **msgspec.to_builtins(of)}
    return RecipeSet.read({"recipes": [rule]})


class Queue:
    """The worker's inbox and dead letters."""

    def __init__(self) -> None:
        self.delays: list[int] = []
        self.dead: list[str] = []

    def delay(self, _: str, seconds: int) -> None:
        self.delays.append(seconds)

    def dead_letter(self, _: str, attributes: Mapping[str, str]) -> None:
        self.dead.append(attributes["error_type"])


class Images:
    """One upload, the workers, and a table of recipes."""

    def __init__(
        self, data: bytes | None = None, *, metadata: dict[str, str] | None = None, **about: Any
    ) -> None:
        self.bus, self.clock = RecordingBus(), ManualClock()
        self.s3 = InMemoryS3({"uploads": Bucket(versioned=True, sends_events=True), "images": Bucket()})
        self.queue, self.receives = Queue(), 1
        self.table = recipes_table()
        self.recipes = self.read_recipes()
        answer = self.s3.put_object(
            Bucket="uploads", Key=KEY, Body=data or picture(), Metadata=metadata or {}
        )
        self.about = {
            "bucket": "uploads",
            "etag": answer["ETag"].strip('"'),
            "format": "PNG",
            "frames": 1,
        } | about
        uploaded = ImageUploaded(bucket="uploads", size=1, etag=self.about["etag"], reason="PutObject")
        self.uploaded = new_event(
            uploaded, image_key=KEY, revision=FIRST, clock=self.clock, version_id=answer["VersionId"]
        )
        self.prefix = derived_prefix(KEY, FIRST)

    def read_recipes(self) -> DynamoDBRecipes:
        """As another function has them."""
        return DynamoDBRecipes(InMemoryDynamoDB({"recipes": self.table}), "recipes", self.clock)  # type: ignore[arg-type]

    def validated(self, by: Recipe | None) -> Event[ImageValidated]:
        """As the validator publishes it; without a recipe, as it did before there were ids."""
        if by is not None:
            self.recipes.add(only(by))
        data = ImageValidated(
            **self.about, size=1, mime="image/png", width=64, height=48, mode="RGB", has_alpha=False,
            orientation=1, sha256="0" * 64, recipe=by.id if by else None,
        )  # fmt: skip
        return caused_by(self.uploaded.meta, data, clock=self.clock)

    def request(self, by: Recipe, *stages: str, **more: Any) -> Event[DerivationRequested]:
        self.recipes.add(only(by))
        data = DerivationRequested(**self.about, recipe=by.id, stages=stages, **more)  # type: ignore[arg-type]
        return caused_by(self.uploaded.meta, data, clock=self.clock, discriminator=by.id)

    def run(self, stage: str, event: Event[Any]) -> Sequence[Event[EventData]]:
        """What the stage publishes."""
        failed, published = self.attempt(stage, event)
        assert not failed
        return published

    def attempt(self, stage: str, event: Event[Any]) -> tuple[bool, Sequence[Event[EventData]]]:
        work = WORK[stage]("images", self.recipes)
        worker = Worker(self.bus, S3ObjectStore(self.s3), self.clock, "images", work, stage)  # type: ignore[arg-type]
        before = len(self.bus.events)
        record = sqs_record(json.dumps(envelope(event)), receive_count=self.receives)
        inbox = Inbox(one_by_one(worker), self.queue, max_receive_count=5)
        failed = inbox({"Records": [record]})["batchItemFailures"]
        return bool(failed), self.bus.events[before:]

    @property
    def objects(self) -> dict[str, bytes]:
        """What is below the folder of the upload."""
        images = self.s3.buckets["images"].keys
        return {key.removeprefix(self.prefix): versions[-1].body for key, versions in images.items()}
