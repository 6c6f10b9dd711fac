"""The functions as Lambda runs them: the real handlers with their own clients, wired as in handler.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from analyzer.metadata import metadata_work
from cleaner.handler import clean
from failures.dead_letter import handle_dead_letter
from imagebus.bus import EventBridgeBus
from imagebus.erasures import DynamoDBErasures
from imagebus.events.analyzer import Box, Face, Faces, Label, LabelsDetected, LabelsSkipped
from imagebus.history.required import Required
from imagebus.inbox import Inbox, SQSQueue, one_by_one
from imagebus.listing import ImageIndex
from imagebus.objects import S3ObjectStore
from imagebus.recipes.store import DynamoDBRecipes
from imagebus.store import DynamoDBEventStore
from imagebus.worker import Derivation, Job, Work, Worker
from imagebus_imaging import Limits
from ingest.handler import ingest
from ingest.removals import DynamoDBPast
from notifier.handler import notify_delivery
from notifier.ledger import DynamoDBLedger
from notifier.notify import SNSTopic
from recorder.handler import image_key, record_group
from recorder.record import Recorder
from recorder.replays import EventBridgeReplays, SQSBacklog
from recorder.sweeper import sweep
from tests.simulation import wiring
from tests.simulation.earlier import EarlierClient, reading_only_the_first
from tests.simulation.settings import Settings
from thumbnailer.resize import thumbnail_work
from validator.handler import validate
from validator.rules import chooser
from watermarker.mark import watermark_work

if TYPE_CHECKING:
    from tests.simulation.world import World

Function = Callable[[Mapping[str, Any]], Any]


class Outage(Exception):
    """A dependency of a stage is down."""


def build(name: str, world: World) -> Function:
    """One execution environment of the function; external calls go through `world.client`."""
    make = _MAKERS[name]
    clock = world.clock()
    client, earlier = _client(name, world)
    bus = EventBridgeBus(client("events"), wiring.BUS, clock)
    handle, options = make(world, client, bus, clock)
    if earlier:
        handle = reading_only_the_first(handle)
    queue = SQSQueue(lambda: client("sqs"), world.inbox(name), world.dead_letters(name))
    return Inbox(handle, queue, max_receive_count=wiring.MAX_RECEIVE_COUNT, **options)


def _client(name: str, world: World) -> tuple[Callable[[str], Any], bool]:
    """Makes the clients of one environment, and says whether its code is that of an earlier release."""
    earlier = world.settings().earlier

    def client(service: str) -> Any:
        made = world.client(name, service)
        return EarlierClient(made) if earlier and service in ("events", "dynamodb") else made

    return client, earlier


def build_failures(world: World) -> Function:
    def client(service: str) -> Any:
        return world.client("failures", service)

    clock = world.clock()
    bus = EventBridgeBus(client("events"), wiring.BUS, clock)
    objects = S3ObjectStore(client("s3"))
    return Inbox(one_by_one(lambda d: handle_dead_letter(d, bus, objects, wiring.QUARANTINE, clock)))


def build_sweeper(world: World) -> Callable[[], Any]:
    client, _ = _client("sweeper", world)
    clock = world.clock()
    dynamodb = client("dynamodb")
    store, index = DynamoDBEventStore(dynamodb, wiring.STATUS), ImageIndex(dynamodb, wiring.STATUS)
    bus = EventBridgeBus(client("events"), wiring.BUS, clock)
    erasures = DynamoDBErasures(dynamodb, wiring.ERASURES)
    recorder = Recorder(store, bus, clock, Required.parse(world.settings().required), erasures)
    replays = EventBridgeReplays(
        client("events"),
        wiring.ARCHIVE,
        clock,
        wiring.STALLED_AFTER,
        backlog=SQSBacklog(lambda: client("sqs"), world.inbox("recorder")),
    )
    return lambda: sweep(index, recorder, replays, clock, wiring.STALLED_AFTER)


def _ingest(world: World, client: Any, bus: Any, clock: Any) -> Any:
    objects = S3ObjectStore(client("s3"))
    past = DynamoDBPast(client("dynamodb"), wiring.STATUS, wiring.ERASURES)
    return one_by_one(lambda d: ingest(d, bus, objects, lambda: past, clock)), {}


def _validator(world: World, client: Any, bus: Any, clock: Any) -> Any:
    objects = S3ObjectStore(client("s3"))
    choose = chooser(world.recipes("validator"), world.settings().environment)
    return one_by_one(lambda d: validate(d, bus, objects, clock, Limits(), choose)), {}


def _worker(
    name: str, work_with: Callable[[Settings, DynamoDBRecipes], Work], bucket: str = wiring.IMAGES
) -> Any:
    def make(world: World, client: Any, bus: Any, clock: Any) -> Any:
        work, stage = work_with(world.settings(), world.recipes(name)), name if bucket else ""

        def guarded(job: Job) -> Derivation:
            world.check_dependency(name)
            return work(job)

        return one_by_one(Worker(bus, S3ObjectStore(client("s3")), clock, bucket, guarded, stage)), {}

    return make


def _labels(settings: Settings, job: Job) -> LabelsDetected | LabelsSkipped:
    """Of every second image, so that both alternatives of the required fact occur."""
    if not settings.labels or job.data[-1] % 2:
        return LabelsSkipped(reason="simulated")
    box = Box(left=0.25, top=0.125, width=0.25, height=0.5)
    return LabelsDetected(
        labels=(Label(name="Beach", confidence=90.5, parents=()),),
        model_versions={"labels": "1"},
        faces=Faces(count=1, largest=(Face(box=box, confidence=99.5),)) if job.data[-1] % 4 else None,
    )


def _recorder(world: World, client: Any, bus: Any, clock: Any) -> Any:
    store = DynamoDBEventStore(client("dynamodb"), wiring.STATUS)
    erasures = DynamoDBErasures(client("dynamodb"), wiring.ERASURES)
    recorder = Recorder(store, bus, clock, Required.parse(world.settings().required), erasures)
    return (lambda group: record_group(recorder, group)), {"group_by": image_key}


def _notifier(world: World, client: Any, bus: Any, clock: Any) -> Any:
    ledger = DynamoDBLedger(client("dynamodb"), wiring.LEDGER, clock, keep_days=400)
    topic = SNSTopic(client("sns"), "topic")
    erasures = DynamoDBErasures(client("dynamodb"), wiring.ERASURES)
    return one_by_one(lambda d: notify_delivery(d, ledger, topic, erasures)), {}


def _cleaner(world: World, client: Any, bus: Any, clock: Any) -> Any:
    objects = S3ObjectStore(client("s3"))
    return one_by_one(lambda d: clean(d, objects, wiring.IMAGES)), {}


_MAKERS: Mapping[str, Callable[[World, Any, Any, Any], Any]] = {
    "ingest": _ingest,
    "validator": _validator,
    "thumbnailer": _worker(
        "thumbnailer",
        lambda settings, recipes: thumbnail_work(wiring.IMAGES, recipes, settings.engine),
    ),
    "watermarker": _worker(
        "watermarker",
        lambda settings, recipes: watermark_work(wiring.IMAGES, recipes, settings.engine),
    ),
    "metadata": _worker("metadata", lambda *_: metadata_work, ""),
    "labels": _worker("labels", lambda settings, _: lambda job: Derivation(_labels(settings, job))),
    "recorder": _recorder,
    "notifier": _notifier,
    "cleaner": _cleaner,
}
