"""Objects that were there before the pipeline, and the imports that find them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from imagebus.erasures import DynamoDBErasures
from imagebus.store import DynamoDBEventStore
from imagebus_cli.adopt.adopting import Importer, Pace
from imagebus_cli.adopt.outcome import ImportOutcome
from imagebus_cli.adopt.sources import Candidate
from tests.simulation import pixels, rows, wiring
from tests.simulation.facts import imported_revision
from tests.simulation.upload import Upload

if TYPE_CHECKING:
    from tests.simulation.story import Story

FOLDER = "old/"
KEYS = (*(f"old/{number}.jpg" for number in range(6)), "summer/beach.jpg", "a+b %2B.png")
ENDS = frozenset({ImportOutcome.IMPORTED, ImportOutcome.KNOWN, ImportOutcome.FOLDER, ImportOutcome.GONE})


class Adoption:
    """The objects are not uploads of the story until an import or their log shows that they were imported."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._objects: dict[str, Upload] = {}
        self.violations: list[str] = []
        bucket = story.world.s3.buckets[wiring.UPLOADS]
        bucket.sends_events = False
        used = {upload.key for upload in story.uploads}  # what is current there is for S3's events to say
        for key in KEYS:
            if not bucket.keys.get(key) and key not in used and story.random.random() < 0.6:
                self._put(key)
        story.world.s3.put_object(Bucket=wiring.UPLOADS, Key=FOLDER, Body=b"")
        bucket.sends_events = True

    def _put(self, key: str) -> None:
        world, random = self._story.world, self._story.random
        start = random.choice([pixels.GOOD, pixels.GOOD, pixels.CORRUPT, pixels.EMPTY])
        body = start and start + f"{random.randrange(10**9)}".encode()
        version = world.s3.put_object(Bucket=wiring.UPLOADS, Key=key, Body=body)["VersionId"]
        revision = imported_revision(world.scheduler.now(), version)
        self._objects[key] = Upload(key, revision, pixels.kind(body), body, world.scheduler.seconds)

    def attempt(self) -> None:
        """`imagebus import`, which may fail or die anywhere; the operator sees it and repeats the command."""
        try:
            self.run()
        except Exception:  # noqa: BLE001
            self._story.world.seen["import failed"] += 1

    def run(self) -> Counter[ImportOutcome]:
        """A whole import."""
        world = self._story.world
        dynamodb = world.client("operator", "dynamodb")
        store, erasures = (
            DynamoDBEventStore(dynamodb, wiring.STATUS),
            DynamoDBErasures(dynamodb, wiring.ERASURES),
        )

        def known(keys: Sequence[str]) -> set[str]:
            return {key for key in keys if store.status(key)}

        clients: list[Any] = [world.client("operator", service) for service in ("s3", "sqs")]
        pace = Pace(self._story.random.choice([2, 50]), world.scheduler)
        importer = Importer(*clients, wiring.UPLOADS, world.inbox("ingest"), known, erasures, pace)
        ended: Counter[str] = Counter()
        counts: Counter[ImportOutcome] = Counter()
        listed = list(self._listed())
        for each, outcome in importer.run(listed):
            world.seen[f"import: {outcome}"] += 1
            ended[each.key] += 1
            counts[outcome] += 1
            if outcome in (ImportOutcome.IMPORTED, ImportOutcome.KNOWN):
                self._taken_in(each.key)
        if ended != Counter(each.key for each in listed) or not counts.keys() <= ENDS:
            self.violations.append(f"an import ended {dict(ended)} as {dict(counts)}")
        return counts

    def _listed(self) -> Iterator[Candidate]:
        for key, versions in self._story.world.s3.buckets[wiring.UPLOADS].keys.items():
            if versions and not versions[-1].is_marker:
                yield Candidate(key, len(versions[-1].body))

    def _taken_in(self, key: str) -> None:
        """The first of the key's uploads: whatever users do to it is newer."""
        if taken := self._objects.pop(key, None):
            self._story.uploads.insert(0, taken)

    def remaining(self) -> Iterator[str]:
        """What must hold after an undisturbed import has been processed: nothing is left to import."""
        yield from self.violations
        statuses = rows.statuses(self._story.world.dynamodb)
        for each in self._listed():
            if each.key not in statuses and each.key != FOLDER:
                yield f"{each.key}: is in the bucket, was imported, and has no status"
        if FOLDER in statuses:
            yield "a folder marker became an image"
        if left := self.run()[ImportOutcome.IMPORTED]:
            yield f"{left} objects were imported again, although they have a log"
