"""A stack in memory whose workers derive nothing but names: for the commands that change recipes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from imagebus.bus import bus_entry
from imagebus.events import AnyEvent, Event, caused_by, new_event
from imagebus.events.analyzer import LabelsSkipped, MetadataExtracted
from imagebus.events.base import Usage
from imagebus.events.failures import ProcessingFailed
from imagebus.events.ingest import ImageDeleted, ImageUploaded
from imagebus.events.recipes import DerivationRequested
from imagebus.events.recorder import ImageProcessed
from imagebus.events.thumbnailer import Thumbnail, ThumbnailsCreated
from imagebus.events.validator import ImageValidated
from imagebus.events.watermarker import ImageWatermarked, WatermarkSkipped
from imagebus.history.fold import Item
from imagebus.history.recorded import RecordedEvent
from imagebus.history.required import DEFAULT, Required
from imagebus.identity import derived_prefix, recipe_run, revision
from imagebus.projector import Projector
from imagebus.recipes.missing import outputs
from imagebus.recipes.model import Recipe, RecipeSet
from imagebus.recipes.store import DynamoDBRecipes
from imagebus.store import DynamoDBEventStore
from imagebus.testing import InMemoryDynamoDB, InMemoryS3, ManualClock, bus_entry_envelope, status_table
from imagebus.testing.dynamodb import Table
from imagebus.testing.s3 import Bucket
from imagebus_cli.measure.cost import load_prices
from imagebus_cli.operations.table import StatusTable
from imagebus_cli.recipes.effort import Source, effort, of_items
from imagebus_imaging import RECIPE

PRICE, _, _ = load_prices("us-east-1")
SMALL = {"width": 100, "height": 100}
OLD = RecipeSet.read({"recipes": [{"name": "all", "variants": {"small": SMALL}, "watermark": {"text": "x"}}]})
NEW = RecipeSet.read(
    {
        "recipes": [
            {
                "name": "all",
                "variants": {
                    "small": SMALL,
                    "card": {"width": 640, "height": 360, "fit": "cover", "formats": ["avif", "webp"]},
                },
                "watermark": {"text": "x"},
            }
        ]
    }
)


class Clock(ManualClock):
    """The workers do one request whenever somebody waits."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._world.work()


class World:
    """`slower` is how much longer the functions take than the engine was measured to."""

    def __init__(self, slower: float = 2.0, request_ms: float = 5.0) -> None:
        self.slower, self.request_ms = slower, request_ms
        self.clock = Clock(self)
        self.dynamodb: Any = InMemoryDynamoDB({"status": status_table(), "recipes": Table("id")})
        self.store = DynamoDBEventStore(self.dynamodb, "status")
        self.table = StatusTable(self.dynamodb, "status")
        self.recipes = DynamoDBRecipes(self.dynamodb, "recipes", self.clock)
        self.s3: Any = InMemoryS3({"images": Bucket()})
        self.inbox: list[Event[DerivationRequested]] = []
        self.published: list[AnyEvent] = []
        #: Keys -> what the thumbnailer says when it fails.
        self.failing: dict[str, str] = {}
        #: Keys that the thumbnailer tries again and again.
        self.ignored: set[str] = set()
        self.engine = RECIPE
        self.silent = False
        self._revisions = 0

    def publish(self, events: Sequence[AnyEvent]) -> None:
        """The bus and the recorder."""
        for event in events:
            self.published.append(event)
            if isinstance(event, Event):
                self.store.append(RecordedEvent.from_event(event))
                Projector(self.store, Required.parse(DEFAULT)).project(event.meta.image_key)
                if isinstance(event.data, DerivationRequested):
                    self.inbox.append(event)

    def upload(
        self, key: str, recipes: RecipeSet = OLD, form: str = "JPEG", size: tuple[int, int] = (2000, 1500)
    ) -> None:
        self._revisions += 1
        data = ImageUploaded(bucket="uploads", size=1000, etag="e1", reason="PutObject")
        rev = revision(f"{self._revisions:018X}")
        uploaded = new_event(data, image_key=key, revision=rev, clock=self.clock, version_id="v")
        recipe = recipes.recipe_for(key, form)
        found = ImageValidated(
            bucket="uploads",
            size=1000,
            etag="e1",
            format=form,  # type: ignore[arg-type]
            mime="image/jpeg",
            width=size[0],
            height=size[1],
            mode="RGB",
            has_alpha=False,
            frames=1,
            orientation=1,
            sha256="0" * 64,
            recipe=recipe.id,
        )
        self.recipes.add(recipes)
        self.clock.advance(1)
        validated = caused_by(uploaded.meta, found, clock=self.clock)
        self.publish([uploaded, validated])
        self._derive(validated, recipe, ("thumbnailer", "watermarker"), 0, ())
        metadata = MetadataExtracted(
            properties={}, exif={}, dominant_colors=("#102030",), thumbhash="t", phash="p"
        )
        labels = LabelsSkipped(reason="none")
        self.publish([caused_by(validated.meta, each, clock=self.clock) for each in (metadata, labels)])
        data2 = ImageProcessed(stages={}, duration_ms=5, counts={"thumbnails": 1}, format=form)  # type: ignore[arg-type]
        self.publish([caused_by(validated.meta, data2, clock=self.clock)])

    def delete(self, key: str) -> None:
        self._revisions += 1
        data = ImageDeleted(bucket="uploads", deletion_type="Delete Marker Created")
        rev = revision(f"{self._revisions:018X}")
        self.publish([new_event(data, image_key=key, revision=rev, clock=self.clock, version_id="d")])

    def work(self) -> None:
        if not self.inbox or self.silent:
            return
        request = self.inbox.pop(0)
        key, data = request.meta.image_key, request.data
        if key in self.ignored:
            return
        if key in self.failing:
            envelope: Any = bus_entry_envelope(bus_entry(request, "bus"))
            failed = ProcessingFailed(
                stage="thumbnailer",
                error_type="Boom",
                message=self.failing[key],
                attempts=5,
                failed_event=envelope,
            )
            run = f"thumbnailer/{request.meta.event_id}"
            self.publish([caused_by(request.meta, failed, clock=self.clock, discriminator=run)])
            return
        self._derive(request, self.recipes.recipe(data.recipe), data.stages, data.generation, data.present)

    def _derive(
        self,
        cause: Event[Any],
        recipe: Recipe,
        stages: Sequence[str],
        generation: int,
        present: Sequence[Thumbnail],
    ) -> None:
        meta, data, made_by = cause.meta, cause.data, f"{self.engine}/{recipe.id}"
        prefix = derived_prefix(meta.image_key, meta.revision)
        item = self.store.status(meta.image_key) or {}
        source, facts = Source.of(item), list[tuple[Any, int]]()
        if "thumbnailer" in stages:
            has = {each.variant: each for each in present}
            items = []
            for each in outputs(recipe, data.format, data.frames, self.engine):
                form = data.format if each.format == "source" else each.format.upper()
                name = f"thumbnails/{each.name}.{each.id}.x"
                items.append(has.get(each.id) or self._put(prefix + name, each.name, each.id, form))
            new = [each.as_json() for each in items if each.variant not in has]
            facts.append(
                (
                    ThumbnailsCreated(recipe=made_by, items=tuple(items), generation=generation),
                    self._ms(source, new),
                )
            )
        if "watermarker" in stages and recipe.watermark == "none":
            facts.append((WatermarkSkipped(recipe=made_by, reason="none"), 1))
        elif "watermarker" in stages and recipe.watermark != "none":
            key = f"{prefix}watermarked.{recipe.watermark.output_id(self.engine)}.x"
            mark = self._put(key, "watermarked", "", data.format).as_json()
            fields = {name: mark[name] for name in ("bucket", "key", "width", "height", "format", "bytes")}
            fact = ImageWatermarked(recipe=made_by, generation=generation, **fields)
            facts.append((fact, self._ms(source, [] if getattr(data, "marked", None) else [fields])))
        for fact, ms in facts:
            usage = Usage(billed_ms=ms, cpu_ms=ms // 2, memory_mb=1769, bytes_in=1000, bytes_out=500)
            run = recipe_run(made_by, generation)
            self.publish([caused_by(meta, fact, clock=self.clock, discriminator=run, usage=usage)])

    def _put(self, key: str, name: str, variant: str, form: str) -> Thumbnail:
        self.s3.put_object(Bucket="images", Key=key, Body=b"x" * 50)
        side = {"small": (100, 75), "card": (640, 360)}.get(name, (1024, 768))
        return Thumbnail(
            name=name,
            bucket="images",
            key=key,
            width=side[0],
            height=side[1],
            format=form,  # type: ignore[arg-type]
            bytes=50,
            sha256="0" * 64,
            variant=variant or None,
        )

    def _ms(self, source: Source, items: Sequence[Mapping[str, Any]]) -> int:
        work = effort(source, of_items(source, items, still=False))
        return max(1, round(self.request_ms * work.requests + self.slower * work.ms))

    def statuses(self, keys: Sequence[str]) -> dict[str, Item]:
        return {key: item for key in keys if (item := self.store.status(key))}

    def objects(self) -> set[str]:
        return {each["Key"] for each in self.s3.list_objects_v2(Bucket="images").get("Contents", ())}

    def of_type(self, kind: type) -> Iterator[AnyEvent]:
        return (event for event in self.published if isinstance(event.data, kind))


def world_of(images: int) -> World:
    """With images 0.jpg, 1.jpg and so on, uploaded before anybody promoted recipes."""
    world = World()
    for number in range(images):
        world.upload(f"{number}.jpg")
    return world
