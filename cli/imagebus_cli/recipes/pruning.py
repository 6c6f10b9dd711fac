"""Remove the derived images that nobody sees, and that neither the active set nor the candidate needs.

First the log says which facts no longer count, then their objects go. An interruption in between leaves
objects that the next run finds by those facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from imagebus.bus import EventBus, PublishError
from imagebus.clock import Clock
from imagebus.events import Event, Meta, caused_by
from imagebus.events.recipes import DerivationRequested, VariantsPruned
from imagebus.history.derived import OF_RECIPES, recipe_of_each, retired, shown
from imagebus.history.fold import digest as digest_of_log
from imagebus.history.recorded import UNREADABLE, RecordedEvent, latest_revision
from imagebus.history.retry import is_request_answered
from imagebus.identity import canonical_json, derived_prefix
from imagebus.recipes.missing import MAX_OTHERS, faces_of, outputs
from imagebus.recipes.model import Active, Recipe, RecipeSet, digest
from imagebus_cli.adopt.adopting import batched
from imagebus_cli.operations.table import ScannedImage, described

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from imagebus.recipes.store import DynamoDBRecipes
    from imagebus.store import EventStore

#: Images that are pruned at the same time.
AT_ONCE = 10
#: The most facts that one event retires; the next run takes the others.
MOST = 200
#: Seconds that the recorder may take, and between two looks.
PATIENCE, PAUSE = 120.0, 0.2


#: Applies a function to several images, perhaps in parallel.
Spread = Callable[[Callable[[ScannedImage], Any], Sequence[ScannedImage]], Iterable[Any]]


@dataclass(frozen=True)
class Pruned:
    """What an image has that nobody needs. `why` says why it could not be pruned."""

    image_key: str
    objects: int = 0
    bytes: int = 0
    why: str = ""


@dataclass(frozen=True)
class Waste:
    """`retire` are facts that have counted so far. `objects` are keys with their sizes, of all facts that do
    not count any more.
    """

    retire: tuple[str, ...] = ()
    objects: Mapping[str, int] = field(default_factory=dict)
    #: Whether an earlier run may have deleted some of the objects.
    again: bool = False

    def __bool__(self) -> bool:
        return bool(self.retire or self.objects)


class NotRecorded(Exception):
    """The message says what did not happen in time, or was refused."""


def waste(
    item: Mapping[str, Any],
    log: Sequence[RecordedEvent],
    active: Active,
    candidate: RecipeSet | None,
    engine: str,
    *,
    retiring: bool = True,
) -> Waste:
    """Of a completed image; nothing of any other. If not `retiring`, only what no longer counts already.

    A recipe's facts count, or all of them do not: what is shown is never a part of what it made. One whose
    objects all stay anyway is left as it is, unless the image has variants of too many recipes.
    """
    if item["status"] != "completed" or "format" not in item:
        return Waste()
    sets = [each for each in (active.current, candidate) if each]
    wanted = [each.recipe_for(item["image_key"], item["format"]) for each in sets]
    kept = {shown(item, active).recipe, *(each.id for each in wanted)}
    gone = retired(log)
    facts = [event for event in log if event.detail_type in OF_RECIPES]
    recipe_of = recipe_of_each(log)
    over = [
        event
        for event in facts
        if event.event_id in gone or (retiring and recipe_of[event.event_id] not in kept)
    ]
    ids = {each for recipe in wanted for each in _output_ids(item, recipe, engine)}
    live = {key for event in facts if event not in over for key in _objects(event)} | _awaited(log)
    prefix = derived_prefix(item["image_key"], item["revision"])

    def removable(event: RecordedEvent) -> dict[str, int]:
        return {
            key: size
            for key, size in _objects(event).items()
            if key not in live and _output_id(key) not in ids and key.startswith(prefix)
        }

    idle = [event for event in over if event.event_id not in gone]
    full = len(item.get("derived", {})) >= MAX_OTHERS
    recipes = {recipe_of[event.event_id] for event in idle if full or removable(event)}
    retire = [event.event_id for event in idle if recipe_of[event.event_id] in recipes][:MOST]
    objects = {
        key: size
        for event in over
        if event.event_id in gone or event.event_id in retire
        for key, size in removable(event).items()
    }
    return Waste(tuple(retire), objects, again=any(event.event_id in gone for event in facts))


def _awaited(log: Sequence[RecordedEvent]) -> set[str]:
    """What the facts will name that answer requests on their way."""
    found = set()
    for event in log:
        if event.detail_type == DerivationRequested.detail_type:
            data = event.detail["data"]
            marked = [data["marked"]] if "marked" in data else []
            shared = {"thumbnailer": data.get("present", ()), "watermarker": marked}
            for stage in data["stages"]:
                if not is_request_answered(log, stage, event.detail):
                    found |= {each["key"] for each in shared[stage]}
    return found


def _objects(fact: RecordedEvent) -> dict[str, int]:
    data: Mapping[str, Any] = fact.detail["data"]
    items = data.get("items", [data] if "key" in data else [])
    return {each["key"]: each["bytes"] for each in items}


def _output_ids(item: Mapping[str, Any], recipe: Recipe, engine: str) -> Iterator[str]:
    for each in outputs(recipe, item["format"], item["frames"], engine, faces_of(item)):
        yield each.id
    if recipe.watermark != "none":
        yield recipe.watermark.output_id(engine)


def _output_id(key: str) -> str:
    """From `…/320x320.<id>.webp`."""
    return "".join(key.rsplit("/", 1)[-1].split(".")[-2:-1])


class Pruner:
    """`bucket` holds the derived images. `run` tells this prune from others."""

    def __init__(
        self,
        store: EventStore,
        recipes: DynamoDBRecipes,
        bus: EventBus,
        s3: S3Client,
        bucket: str,
        engine: str,
        clock: Clock,
        run: str,
    ) -> None:
        self._store = store
        self._recipes = recipes
        self._bus = bus
        self._s3 = s3
        self._bucket = bucket
        self._engine = engine
        self._clock = clock
        self._run = run

    def run(
        self, images: Iterable[ScannedImage], spread: Spread = map, *, dry_run: bool = False
    ) -> Iterator[Pruned]:
        """Every image that has something nobody needs, and every one that could not be pruned.

        Raises PruneRunning, unless it is a dry run.
        """
        if dry_run:
            yield from self._each(images, spread, self._look)
            return
        self._recipes.claim_prune(self._run)
        yield from self._each(images, spread, self._prune)
        self._recipes.claim_prune(self._run, timedelta())

    def _each(
        self, images: Iterable[ScannedImage], spread: Spread, work: Callable[[ScannedImage], Pruned | None]
    ) -> Iterator[Pruned]:
        for some in batched(images, AT_ONCE):
            yield from filter(None, spread(work, some))

    def _look(self, image: ScannedImage) -> Pruned | None:
        """Changes nothing."""
        return self._guarded(image, lambda: self._told(image.image_key, self._waste(image.status, image.log)))

    def _prune(self, image: ScannedImage) -> Pruned | None:
        return self._guarded(image, lambda: self._pruned(image))

    def _guarded(self, image: ScannedImage, work: Callable[[], Pruned | None]) -> Pruned | None:
        """One image that cannot be read, recorded or deleted does not keep the others from being pruned."""
        if image.error:
            return Pruned(image.image_key, why=image.error)
        try:
            return work()
        except (ClientError, PublishError, NotRecorded, *UNREADABLE) as error:
            return Pruned(image.image_key, why=described(error))

    def _pruned(self, image: ScannedImage) -> Pruned | None:
        if not self._waste(image.status, image.log):
            return None
        self._recipes.claim_prune(self._run)
        # The scan may have seen the image minutes ago.
        item, log = self._known(image.image_key)
        found = self._waste(item, log)
        told = self._told(image.image_key, found)
        if told is None:
            return None
        if found.retire:
            event = _event(log, found, told, self._clock)
            self._bus.publish([event])
            self._known(image.image_key, event)
        # A backfill may have begun meanwhile, and its requests name what was there.
        log = self._store.latest(image.image_key)
        found = self._waste(self._store.status(image.image_key), log, retiring=False)
        for keys in batched(found.objects, 1000):
            self._delete(keys)
        return told

    def _waste(
        self, item: Mapping[str, Any] | None, log: Sequence[RecordedEvent], *, retiring: bool = True
    ) -> Waste:
        if item is None:
            return Waste()
        sets = self._recipes.active(), self._recipes.candidate()
        return waste(item, log, *sets, self._engine, retiring=retiring)

    def _told(self, image_key: str, found: Waste) -> Pruned | None:
        objects = found.objects
        if found.again and objects:
            there = self._existing(next(iter(objects)))
            objects = {key: size for key, size in objects.items() if key in there}
        if not (objects or found.retire):
            return None
        return Pruned(image_key, len(objects), sum(objects.values()))

    def _existing(self, key: str) -> set[str]:
        """The derived objects of the image that has this one."""
        prefix = "/".join(key.split("/")[:2]) + "/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return {each["Key"] for page in pages for each in page.get("Contents", ())}

    def _known(
        self, image_key: str, event: Event[VariantsPruned] | None = None
    ) -> tuple[Mapping[str, Any] | None, Sequence[RecordedEvent]]:
        """The status item and the log that it was folded from, once the event is in it: only then do readers
        and backfills know that the objects are gone. An item behind its log may not show yet what was made.
        """
        for _ in range(int(PATIENCE / PAUSE)):
            log = self._store.latest(image_key)
            item = self._store.status(image_key)
            if not log or (event and log[0].revision != event.meta.revision):
                return item, log  # it was erased or replaced
            folded = item is not None and item["log_digest"] == digest_of_log(latest_revision(log))
            if folded and (event is None or any(each.event_id == event.meta.event_id for each in log)):
                return item, log
            self._clock.sleep(PAUSE)
        raise NotRecorded(f"not recorded within {PATIENCE:.0f} seconds")

    def _delete(self, keys: Sequence[str]) -> None:
        listed: Any = [{"Key": key} for key in keys]
        answer = self._s3.delete_objects(Bucket=self._bucket, Delete={"Objects": listed, "Quiet": True})
        if errors := answer.get("Errors"):
            raise NotRecorded(f"{errors[0].get('Key')}: {errors[0].get('Message')}")


def _event(log: Sequence[RecordedEvent], found: Waste, told: Pruned, clock: Clock) -> Event[VariantsPruned]:
    validated = next(event for event in log if event.detail_type == "ImageValidated")
    data = VariantsPruned(retired=found.retire, objects=told.objects, bytes=told.bytes)
    # The same facts are the same event, so that asking twice is asking once.
    run = digest(canonical_json(sorted(found.retire)))
    return caused_by(Meta.from_json(validated.meta), data, clock=clock, discriminator=run)
