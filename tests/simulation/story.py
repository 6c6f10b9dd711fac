"""What users and operators do in a run. Each incident is a method, which a mode names."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from imagebus.history.required import Required
from imagebus.naming import rule_name
from imagebus.store import DynamoDBEventStore
from imagebus_cli.operations.rebuild import rebuild_one
from imagebus_cli.operations.replay import MARGIN
from tests.simulation import erasing, pixels, poison, wiring
from tests.simulation.adoption import Adoption
from tests.simulation.changing import Changing
from tests.simulation.facts import folder_of, revision_of
from tests.simulation.scheduler import EPOCH
from tests.simulation.settings import OTHERS
from tests.simulation.upload import Upload
from tests.simulation.world import World

KEYS = ("summer/beach.jpg", "winter/beach.jpg", "a+b %2B.png", "漢字.webp")
STAGES = ("thumbnailer", "watermarker", "metadata", "labels")


@dataclass
class Story:
    """What was done, from which the invariants derive what must have happened."""

    world: World
    random: Random
    #: whether the schedule runs from the beginning; if not, deliveries alone must finish the images
    sweeping: bool = True
    uploads: list[Upload] = field(default_factory=list)
    poison: int = 0
    #: keys that an operator is erasing: users keep off them, so that it is certain what was erased
    erasing: set[str] = field(default_factory=set)
    #: versions that an interrupted erase left
    left: set[str] = field(default_factory=set)
    #: what makes some comparisons meaningless: archive holes, foreign facts, a lost ledger
    holes: bool = False
    redriven: bool = False
    adoption: Adoption | None = None
    changing: Changing | None = None
    _replays: int = 0

    def begin(self, incidents: dict[str, float]) -> None:
        random, at = self.random, 0.0
        for _ in range(random.randint(1, 5)):
            at += random.choice([0.0, 0.1, 0.5, 3, 40])
            self.world.scheduler.after(at, self.use)
        if self.world.weather.overwrites:
            self.world.interfere = self._interfere
        self.sweeping = random.random() < 0.5
        for name, chance in incidents.items():
            if random.random() < chance:
                incident = getattr(self, name)
                when = random.choice([random.uniform(0.1, at + 5), at + random.uniform(1000, 3000)])
                self.world.scheduler.after(when, incident)
                # In between nobody may find that nothing moves any more.
                self.sweeping = True

    # --- users ---

    def use(self, key: str | None = None) -> None:
        random = self.random
        key = key or random.choice(KEYS[:2] if random.random() < 0.7 else KEYS)
        if key in self.erasing:
            return
        action = random.choice(["good"] * 6 + ["corrupt", "empty", "delete", "remove version"])
        if action == "remove version":
            self._remove_version(key)
        else:
            self.upload(key, action)

    def upload(self, key: str, kind: str) -> None:
        s3 = self.world.s3
        text = f"{self.random.randrange(10**9)}".encode()
        body = {"good": pixels.GOOD + text, "corrupt": pixels.CORRUPT + text}.get(kind, pixels.EMPTY)
        if kind != "delete":
            s3.put_object(Bucket=wiring.UPLOADS, Key=key, Body=body)
        elif s3.buckets[wiring.UPLOADS].keys.get(key):
            s3.delete_object(Bucket=wiring.UPLOADS, Key=key)
        else:
            return
        revision = revision_of(self.world.last_sequencer)
        version = s3.buckets[wiring.UPLOADS].keys[key][-1].version_id
        now = self.world.scheduler.seconds
        self.uploads.append(Upload(key, revision, kind, body, now, version=version))

    def _remove_version(self, key: str) -> None:
        """For good: an old version, the current one (an older one is current then), or the last one."""
        s3 = self.world.s3
        versions = s3.buckets[wiring.UPLOADS].keys.get(key, [])
        if not (versions := [each for each in versions if each.version_id not in self.left]):
            return
        gone = self.random.choice([versions[0], versions[-1]])
        s3.delete_object(Bucket=wiring.UPLOADS, Key=key, VersionId=gone.version_id)
        self.shows(key, revision_of(self.world.last_sequencer))

    def shows(self, key: str, revision: str) -> None:
        """From now on it shows what is left of it in S3."""
        versions = self.world.s3.buckets[wiring.UPLOADS].keys.get(key, [])
        left = [each for each in versions if each.version_id not in self.left]
        body = left[-1].body if left else b""
        kind = "delete" if not left or left[-1].is_marker else pixels.kind(body)
        now = self.world.scheduler.seconds
        self.uploads.append(Upload(key, revision, kind, body, now, removal=True))

    def _interfere(self, derived: str) -> None:
        """Overwrite or delete an image while a worker is writing what it derived from it."""
        if self.random.random() >= self.world.weather.overwrites or len(self.uploads) > 12:
            return
        for upload in self.uploads:
            if (
                upload.key not in self.erasing
                and upload.kind != "erased"
                and derived.startswith(folder_of(upload.key, upload.revision))
            ):
                self.upload(upload.key, self.random.choice(["good", "corrupt", "delete"]))
                return

    def many(self) -> None:
        """More images than a sweep takes in one batch."""
        self.world.paused.add("validator")
        for number in range(self.random.randint(105, 130)):
            self.upload(f"many/{number:03}.png", "corrupt")
        self.world.scheduler.after(1500, lambda: self._resume("validator"))

    def _resume(self, name: str) -> None:
        self.world.paused.discard(name)
        self.world.wake(self.world.inbox(name))

    # --- incidents ---

    def outage(self, *, redrive: bool = False) -> None:
        """Some workers fail; with `redrive`, an operator then moves the dead letters back."""
        world = self.world
        world.down.update(self.random.sample(STAGES, self.random.randint(1, 4)))
        if redrive:
            self.redriven = True
            world.paused.add("failures")

        def end() -> None:
            world.down.clear()
            world.paused.discard("failures")
            for url, queue in list(world.sqs.queues.items()):
                if redrive and queue.dead_letter_url:
                    world.sqs.move_all(queue.dead_letter_url, url)
                world.wake(url)

        world.scheduler.after(self.random.uniform(1, 400), end)

    def outage_and_redrive(self) -> None:
        self.outage(redrive=True)

    def send_poison(self) -> None:
        for _ in range(3):
            body, quarantined = poison.message(self.random)
            self.poison += quarantined
            self.world.send(self.world.inbox(self.random.choice(sorted(wiring.names()))), body)

    def deploy(self) -> None:
        """For a while both versions run; `rebuild` then brings every image up to date."""
        world, other = self.world, self.random.choice(OTHERS)
        world.deployed = (other, *world.deployed) if other.earlier else (*world.deployed, other)
        world.versions = (*world.versions, other)

    def expire_ledger(self) -> None:
        """After the ledger's retention; nothing that it held is on its way any more."""
        if not self.world.scheduler.pending:
            self.world.dynamodb.lose(wiring.LEDGER)
            self.world.watch.expire_ledger()

    def lose_archive(self) -> None:
        """Some of the archive has passed its retention."""
        archive = self.world.events.archive
        self.holes = True
        archive[:] = [each for each in archive if self.random.random() < 0.7]

    def lose_table(self) -> None:
        self.world.dynamodb.lose(wiring.STATUS)
        self.world.watch.forget()
        self.replay()

    def replay_to_all(self) -> None:
        self.replay(everyone=True)

    def replay_with_backlog(self) -> None:
        """The recorder stops while the replay runs, and goes on long after it has ended."""
        self.lose_table()
        stop = self.random.uniform(1, 20)
        self.world.scheduler.after(stop, lambda: self.world.paused.add("recorder"))
        self.world.scheduler.after(self.random.uniform(600, 4000), lambda: self._resume("recorder"))

    def replay(self, *, everyone: bool = False) -> None:
        """Replays everything so far in any order, to the recorder's rule unless more are requested."""
        world, name = self.world, f"replay-{self._replays}"
        self._replays += 1
        world.seen["replay"] += 1
        world.events.start_replay(
            ReplayName=name,
            EventSourceArn=f"arn:aws:events:us-east-1:000000000000:archive/{wiring.ARCHIVE}",
            EventStartTime=EPOCH - MARGIN,
            EventEndTime=world.scheduler.now() + MARGIN,
        )
        only = None
        if not everyone:
            only = [rule.arn for rule in world.events.rules if rule.name == rule_name(wiring.BUS, "recorder")]
        delay = 0.0
        for event in world.events.replayed(name, self.random):
            delay += self.random.choice([0.01, 0.1, 5])
            world.scheduler.after(delay, lambda event=event: world.events.dispatch(event, only))  # type: ignore[misc]
        world.scheduler.after(delay, lambda: world.events.finish_replay(name))

    def rebuild(self) -> None:
        """`imagebus rebuild`, while everything goes on."""
        world = self.world
        store = DynamoDBEventStore(world.client("operator", "dynamodb"), wiring.STATUS)
        required = Required.parse(world.deployed[-1].required)

        def run() -> None:
            for key in list(world.dynamodb.tables[wiring.STATUS].partitions):
                try:
                    rebuild_one(store, required, key)
                except Exception:  # noqa: BLE001  the operator sees it, and repeats the command
                    world.seen["rebuild failed"] += 1

        world.seen["rebuild"] += 1
        world.scheduler.start(run)

    def erase(self) -> None:
        """While it runs or later, users upload to the same key again."""
        uploads = [upload for upload in self.uploads if upload.kind != "erased"]
        if not uploads or self.erasing:
            return
        key = self.random.choice(uploads).key
        erasing.erase(self, key)
        if self.random.random() < 0.5:
            self.world.scheduler.after(self.random.choice([1, 5, 60]), lambda: self.use(key))

    def erase_often(self) -> None:
        for _ in range(3):
            self.world.scheduler.after(self.random.uniform(0, 30), self.erase)

    def erased(self, key: str, begin: float) -> None:
        self.uploads.append(Upload(key, "", "erased", b"", begin))
        self.world.watch.erased(key, {upload.revision for upload in self.uploads if upload.key == key})

    def adopt(self) -> None:
        """An existing bucket is imported, by several imports, some at once."""
        self.adoption = self.adoption or Adoption(self)
        start, attempt = self.world.scheduler.start, self.adoption.attempt
        for _ in range(self.random.randint(1, 4)):
            delay = self.random.choice([0, 0.2, 10, self.random.uniform(1, 600)])
            self.world.scheduler.after(delay, lambda: start(attempt))

    def change_recipes(self) -> None:
        self.changing = self.changing or Changing(self)
        self.changing.campaign()

    def promote_during_uploads(self) -> None:
        self.changing = self.changing or Changing(self)
        self.changing.promote_during_uploads()
