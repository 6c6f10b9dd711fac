"""What a seed's users and operators do, and how many faults it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from imagebus.identity import revision
from imagebus.naming import rule_name
from imagebus.retrying import Retrier
from imagebus.store import DynamoDBEventStore
from imagebus_cli.operations.table import StatusTable
from tests.simulation import pixels, wiring
from tests.simulation.faults import Rates
from tests.simulation.functions import REQUIRED
from tests.simulation.scheduler import EPOCH
from tests.simulation.world import Weather, World

KEYS = ("summer/beach.jpg", "winter/beach.jpg", "a+b %2B.png", "漢字.webp")
POISON = (
    "",
    "not json",
    "[]",
    '{"detail-type": "ImageValidated", "source": "imagebus.validator", "detail": {}}',
    '{"detail-type": "X", "source": "y", "detail": {"meta": {"image_key": "\\ud800"}}}',
    '{"detail-type": "ImageUploaded", "source": "imagebus.ingest", "detail": {"meta": [], "data": NaN}}',
    '{"detail-type": "Object Created", "source": "aws.s3", "detail": {"object": {}}}',
    "[" * 5000,
)


def weather(random: Random) -> Weather:
    """From no faults to very many. One seed in five has none, so that the logic alone is tested as well."""
    if random.random() < 0.2:
        return Weather(concurrency=random.choice([1, 3, 10]))
    strength = random.choice([0.3, 1, 1, 2])
    return Weather(
        rates=Rates(
            crash=random.choice([0, 0.01, 0.02]) * strength,
            throttle=random.choice([0, 0.01, 0.03]) * strength,
            lost_answer=random.choice([0, 0.01]) * strength,
            slow=random.choice([0, 0.05, 0.2]),
            hang=random.choice([0, 0.01, 0.04]),
        ),
        duplicate=random.choice([0, 0.1, 0.3]),
        late=random.choice([0, 0.05, 0.2]),
        undelivered=random.choice([0, 0, 0.01]) * strength,
        refused=random.choice([0, 0.1, 0.3]),
        concurrency=random.choice([1, 3, 10]),
        page_items=random.choice([2, 5, 1000]),
        names_versions=random.random() < 0.8,
    )


@dataclass
class Story:
    """What was done, from which the invariants derive what must have happened."""

    world: World
    random: Random
    #: whether the schedule runs from the beginning; if not, deliveries alone must finish the images
    sweeping: bool = True
    poison: int = 0
    replays: int = 0
    #: replays to the recorder only, or to every rule
    lost_table: bool = False
    _ends: list[float] = field(default_factory=list)

    def begin(self) -> None:
        random, at = self.random, 0.0
        for _ in range(random.randint(1, 5)):
            at += random.choice([0.0, 0.1, 0.5, 3, 40])
            self.world.scheduler.after(at, self._use)
        incident = random.choice(
            ["none", "none", "outage", "redrive", "poison", "replay", "replay to all", "lost table"]
        )
        when = random.uniform(0.1, at + 5)
        match incident:
            case "outage" | "redrive":
                self._outage(when, redrive=incident == "redrive")
            case "poison":
                for _ in range(3):
                    self.world.scheduler.after(random.uniform(0, at + 5), self._poison)
            case "replay" | "replay to all" | "lost table":
                when = random.choice([when, at + random.uniform(1000, 3000)])
                self.world.scheduler.after(when, lambda: self.replay(incident))
        self.sweeping = "replay" in incident or "table" in incident or random.random() < 0.5

    # --- users ---

    def _use(self) -> None:
        random, s3 = self.random, self.world.s3
        key = random.choice(KEYS[:2] if random.random() < 0.7 else KEYS)
        action = random.choice(["good"] * 6 + ["corrupt", "empty", "delete", "delete version"])
        body = f"{random.randrange(10**9)}".encode()
        match action:
            case "good":
                s3.put_object(Bucket=wiring.UPLOADS, Key=key, Body=pixels.GOOD + body)
            case "corrupt":
                s3.put_object(Bucket=wiring.UPLOADS, Key=key, Body=pixels.CORRUPT + body)
            case "empty":
                s3.put_object(Bucket=wiring.UPLOADS, Key=key, Body=pixels.EMPTY)
            case "delete":
                if s3.buckets[wiring.UPLOADS].keys.get(key):
                    s3.delete_object(Bucket=wiring.UPLOADS, Key=key)
            case "delete version":
                # an old version, the current one (an older one is current then), or the last one
                if versions := s3.buckets[wiring.UPLOADS].keys.get(key, []):
                    gone = random.choice([versions[0], versions[-1]])
                    s3.delete_object(Bucket=wiring.UPLOADS, Key=key, VersionId=gone.version_id)

    def expected(self, key: str) -> tuple[str, str, str | None]:
        """The final status of a key, the oldest revision that it can have, and the etag of what it shows."""
        versions = self.world.s3.buckets[wiring.UPLOADS].keys[key]
        if not versions:
            return "deleted", "", None
        newest = versions[-1]
        if newest.is_marker:
            return "deleted", revision(newest.sequencer), None
        status = "completed" if newest.body.startswith(pixels.GOOD) else "rejected"
        return status, revision(newest.sequencer), newest.etag

    # --- incidents ---

    def _outage(self, when: float, *, redrive: bool) -> None:
        world = self.world

        def begin() -> None:
            world.down.add("pixels")
            if redrive:
                world.paused.add("failures")

        def end() -> None:
            world.down.clear()
            world.paused.clear()
            for url, queue in list(world.sqs.queues.items()):
                if redrive and queue.dead_letter_url:
                    world.sqs.move_all(queue.dead_letter_url, url)
                world.wake(url)

        world.scheduler.after(when, begin)
        world.scheduler.after(when + self.random.uniform(1, 400), end)

    def _poison(self) -> None:
        self.poison += 1
        name = self.random.choice([consumer.name for consumer in wiring.consumers()])
        self.world.send(self.world.inbox(name), self.random.choice(POISON))

    def replay(self, incident: str) -> None:
        """Replays everything so far in any order, to the recorder's rule unless more are requested."""
        world, name = self.world, f"replay-{self.replays}"
        self.replays += 1
        if incident == "lost table":
            world.dynamodb.tables[wiring.STATUS].partitions.clear()
        world.events.start_replay(
            ReplayName=name,
            EventSourceArn=f"arn:aws:events:us-east-1:000000000000:archive/{wiring.ARCHIVE}",
            EventStartTime=EPOCH,
            EventEndTime=world.scheduler.now(),
        )
        only = None
        if incident != "replay to all":
            only = [rule.arn for rule in world.events.rules if rule.name == rule_name(wiring.BUS, "recorder")]
        delay = 0.0
        for event in world.events.replayed(name, self.random):
            delay += self.random.choice([0.01, 0.1, 5])
            world.scheduler.after(delay, lambda event=event: world.events.dispatch(event, only))  # type: ignore[misc]
        world.scheduler.after(delay, lambda: world.events.finish_replay(name))

    # --- operators, after the faulty phase ---

    def retry(self, *, everything: bool = False) -> int:
        """`imagebus retry --all-failed`; or `imagebus retry KEY` for every image that ever failed."""
        world, sent = self.world, 0
        store = DynamoDBEventStore(world.dynamodb, wiring.STATUS)  # type: ignore[arg-type]
        inboxes = {consumer.name: world.inbox(consumer.name) for consumer in wiring.consumers()}
        retrier = Retrier(store, lambda: _Operator(world), inboxes, REQUIRED)  # type: ignore[arg-type,return-value]
        for image in list(StatusTable(world.dynamodb, wiring.STATUS).images()):  # type: ignore[arg-type]
            item = image.status
            if item is not None and (item["status"] == "failed" or (everything and item["failures"])):
                sent += len(retrier.retry(image.image_key).sent)
        return sent


@dataclass
class _Operator:
    """SQS for an operator, whose calls never fail."""

    world: World

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803  as boto3 names them
        self.world.send(QueueUrl, MessageBody)
