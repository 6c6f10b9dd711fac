"""What must hold when the world has come to rest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from imagebus.history.fold import canonical, fold
from imagebus.history.recorded import RecordedEvent
from imagebus.identity import image_id
from imagebus.inbox import Inbox
from imagebus.store import DynamoDBEventStore
from imagebus.testing import InMemoryDynamoDB, RecordingBus, sqs_record, status_table
from imagebus_cli.operations.table import ScannedImage, StatusTable
from recorder.handler import image_key, record_group
from recorder.record import Recorder
from tests.simulation import wiring
from tests.simulation.functions import REQUIRED
from tests.simulation.story import Story
from tests.simulation.world import World

FINAL = frozenset({"ImageProcessed", "ImageRejected", "ProcessingFailed", "ProcessingStalled"})
FAILURE_OF_A_FAILURE = "a failure to handle a failure"
TERMINAL = frozenset({"completed", "rejected", "failed", "deleted"})


def unannounced(world: World) -> Iterator[str]:
    """Before any sweep: deliveries alone announce every complete image, unless the recorder gave up."""
    if world.recorder_gave_up:
        return
    for key, item in _statuses(world).items():
        if item["status"] == "processing" and not item["outstanding"]:
            yield f"{key}: complete, and nobody was told"


def unfinished(world: World) -> Iterator[str]:
    statuses = _statuses(world)
    for key in world.s3.buckets[wiring.UPLOADS].keys:
        if statuses.get(key) is None or statuses[key]["status"] not in TERMINAL:
            yield f"{key}: {statuses.get(key, {}).get('status')} is no end"


def outcomes(story: Story) -> Iterator[str]:
    """Every image reaches the status that its newest version requires, however many stages failed before."""
    statuses = _statuses(story.world)
    for key in story.world.s3.buckets[wiring.UPLOADS].keys:
        status, oldest, etag = story.expected(key)
        item = statuses.get(key, {})
        if (item.get("status"), item.get("etag")) != (status, etag) or item["revision"] < oldest:
            yield f"{key}: {item.get('status')} of {item.get('revision')}, not {status} of {oldest}"


def projections(world: World) -> Iterator[str]:
    """The status item is the fold of its log, and refers to no other revision."""
    for image in _images(world):
        key, item, log = image.image_key, image.status, image.log
        if item is None or not log:
            yield f"{key}: status without log, or log without status"
        elif canonical(item) != canonical(fold(log, REQUIRED)):
            yield f"{key}: the status item is not the fold of its log"
        else:
            written = [t["key"] for t in item.get("thumbnails", [])]
            written += [item["watermarked"]["key"]] if "watermarked" in item else []
            home = f"{image_id(key)}/{item['revision']}/"
            yield from (f"{key}: shows {name}" for name in written if not name.startswith(home))


def announcements(world: World) -> Iterator[str]:
    """Every final event is notified once, or twice if the notifier died in its publish window."""
    finals = {e["detail"]["meta"]["event_id"] for _, e in world.events.archive if e["detail-type"] in FINAL}
    told = Counter(world.sns.event_ids())
    yield from (f"{event}: never told" for event in finals - told.keys() - world.never_told)
    yield from (f"{event}: told, and never published" for event in told.keys() - finals)
    for event, times in told.items():
        if times > 1 and event not in world.may_be_told_twice:
            yield f"{event}: told {times} times"
    processed: set[tuple[str, str]] = set()
    for _, event in world.events.archive:  # in order of arrival
        image = (event["detail"]["meta"]["image_key"], event["detail"]["meta"]["revision"])
        if event["detail-type"] == "ImageProcessed":
            processed.add(image)
        elif event["detail-type"] == "ProcessingStalled" and image in processed:
            yield f"{image[0]}: stalled, when it had long been processed"
    for key, item in _statuses(world).items():
        if item["status"] == "completed":
            log = _store(world).latest(key)
            if not any(e.event_id in finals for e in log if e.detail_type == "ImageProcessed"):
                yield f"{key}: completed, and ImageProcessed was never on the bus"


def log_and_archive(world: World) -> Iterator[str]:
    """Everything in the log is in the archive; otherwise a replay could not restore it."""
    archived = {_canonical_event(envelope) for _, envelope in world.events.archive}
    store = _store(world)
    for image in _images(world):
        for event in store.history(image.image_key):
            if event.canonical not in archived:
                yield f"{image.image_key}: {event.detail_type} is in the log only"


def objects(story: Story) -> Iterator[str]:
    """No derived image of an overwritten or deleted upload remains."""
    world = story.world
    current = {
        image_id(key): "" if item["status"] == "deleted" else item["revision"]
        for key, item in _statuses(world).items()
    }
    for name in world.s3.buckets[wiring.IMAGES].keys:
        image, rev, _ = name.split("/", 2)
        excused = world.leftovers or f"{image}/{rev}/" in world.left_behind
        if current[image] != rev and not excused:
            yield f"{name}: belongs to no current upload"


def quarantine(story: Story) -> Iterator[str]:
    """The quarantine holds as many messages as were sent broken, and failures to handle failures."""
    poison = [reason for reason in _reasons(story.world) if reason != FAILURE_OF_A_FAILURE]
    if len(poison) < story.poison:
        yield f"{len(poison)} of {story.poison} bad messages are in quarantine: {poison}"


def failures_of_failures(world: World) -> Iterator[str]:
    return (reason for reason in _reasons(world) if reason == FAILURE_OF_A_FAILURE)


def _reasons(world: World) -> Iterator[str]:
    """The reason for each message in quarantine."""
    for versions in world.s3.buckets[wiring.QUARANTINE].keys.values():
        yield json.loads(versions[-1].body)["reason"]


def queues(world: World) -> Iterator[str]:
    for url in world.sqs.queues:
        if depth := world.sqs.depth(url):
            yield f"{url}: {depth} messages left"


def replay(world: World, random: Random) -> Iterator[str]:
    """Replaying the archive into an empty table, in any order and partly twice, gives the same table."""
    table, bus = status_table(), RecordingBus()
    store = DynamoDBEventStore(InMemoryDynamoDB({"t": table}), "t")  # type: ignore[arg-type]
    recorder = Recorder(store, bus, world.scheduler, REQUIRED)
    inbox = Inbox(lambda group: record_group(recorder, group), group_by=image_key)
    events = [event for _, event in world.events.archive]
    events += random.choices(events, k=len(events) // 4) if events else []
    random.shuffle(events)
    records = [
        sqs_record(json.dumps(event | {"replay-name": "all"}), message_id=str(number))
        for number, event in enumerate(events)
    ]
    for start in range(0, len(records), 10):
        failed = inbox({"Records": records[start : start + 10]})["batchItemFailures"]
        if failed:
            yield f"{len(failed)} replayed events could not be recorded"
    if bus.events:
        yield f"a replay published {bus.types}"
    before = dict(_rows(world.dynamodb.tables[wiring.STATUS]))
    after = dict(_rows(table))
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield f"{name}: differs after a replay"


def _rows(table: Any) -> Iterator[tuple[tuple[str, str], Any]]:
    for item in table.items():
        yield table.key(item), item


def _store(world: World) -> DynamoDBEventStore:
    return DynamoDBEventStore(world.dynamodb, wiring.STATUS)  # type: ignore[arg-type]


def _statuses(world: World) -> dict[str, dict[str, Any]]:
    return {image.image_key: image.status for image in _images(world) if image.status is not None}


def _images(world: World) -> Iterator[ScannedImage]:
    return StatusTable(world.dynamodb, wiring.STATUS).images()  # type: ignore[arg-type]


def _canonical_event(envelope: dict[str, Any]) -> str:
    return RecordedEvent.from_envelope(envelope).canonical
