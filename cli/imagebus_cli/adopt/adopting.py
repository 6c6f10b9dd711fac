"""Import the objects of the uploads bucket that have no log.

Each is reported to ingest's inbox as S3 would have reported it, under a revision that every real upload
beats. There is no state to resume from: what has no log is what an import asks for, and the same object is
always the same event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from imagebus.clock import Clock, timestamp
from imagebus.erasures import Erasures
from imagebus.identity import imported_revision
from imagebus.objects import is_folder
from imagebus_cli.adopt.outcome import ImportOutcome, of_error
from imagebus_cli.adopt.sources import Candidate
from imagebus_cli.problem import Problem

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

#: BatchGetItem's limit, and how many objects are handled at once.
LOOKED_UP, AT_ONCE = 100, 10
#: At most about so many objects are on their way to the log. It bounds what live uploads wait for, and what a
#: second import asks for again.
IN_FLIGHT = 100
#: Seconds without any of them arriving after which something is wrong.
PATIENCE = 300

T = TypeVar("T")

#: Keys -> those that have a log.
Known = Callable[[Sequence[str]], set[str]]
#: Applies a function to several objects, perhaps in parallel.
Spread = Callable[[Callable[[Candidate], Any], Sequence[Candidate]], Iterable[Any]]
#: What happened to one object.
Step = tuple[Candidate, ImportOutcome]


@dataclass(frozen=True)
class Found:
    """An object as S3 shows it now."""

    key: str
    size: int
    etag: str
    modified: datetime
    version_id: str | None

    @property
    def revision(self) -> str:
        return imported_revision(self.modified, self.version_id or self.etag)

    def envelope(self, bucket: str) -> dict[str, Any]:
        """The event that S3 would have sent for the write.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
        """
        item: dict[str, Any] = {
            "key": self.key,
            "size": self.size,
            "etag": self.etag,
            "sequencer": self.revision,
        }
        if self.version_id:
            item["version-id"] = self.version_id
        return {
            "source": "aws.s3",
            "detail-type": "Object Created",
            "time": timestamp(self.modified),
            "detail": {"bucket": {"name": bucket}, "object": item, "reason": "imported"},
        }


class Pace:
    """Keeps the number of objects per second at or below a rate."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._next = clock.monotonic()

    def wait(self, objects: int) -> None:
        now = self._clock.monotonic()
        if now < self._next:
            self._clock.sleep(self._next - now)
        self._next = max(now, self._next) + objects / self._rate

    def rest(self) -> None:
        self._clock.sleep(1)


class Importer:
    """`inbox` is the URL of ingest's queue."""

    def __init__(
        self,
        s3: S3Client,
        sqs: SQSClient,
        bucket: str,
        inbox: str,
        known: Known,
        erasures: Erasures,
        pace: Pace,
    ) -> None:
        self._s3 = s3
        self._sqs = sqs
        self._bucket = bucket
        self._inbox = inbox
        self._known = known
        self._erasures = erasures
        self._pace = pace

    def run(self, candidates: Iterable[Candidate], spread: Spread = map) -> Iterator[Step]:
        """Every object's outcome. An object is imported once SQS has its message. Raises Problem."""
        sent: set[str] = set()
        for fresh in unknown(candidates, self._known):
            if isinstance(fresh, tuple):
                yield fresh
                continue
            for some in batched(fresh, AT_ONCE):
                self._make_room(sent)
                self._pace.wait(len(some))
                steps = list(spread(self._import, some))
                sent |= {each.key for each, outcome in steps if outcome is ImportOutcome.IMPORTED}
                yield from steps

    def _import(self, each: Candidate) -> Step:
        found = self._look(each.key)
        if not isinstance(found, Found):
            return each, found
        if is_folder(found.key, found.size):
            return each, ImportOutcome.FOLDER
        self._sqs.send_message(QueueUrl=self._inbox, MessageBody=json.dumps(found.envelope(self._bucket)))
        return Candidate(each.key, found.size), ImportOutcome.IMPORTED

    def _make_room(self, sent: set[str]) -> None:
        """Wait while too many of the sent objects have no log yet. Raises Problem."""
        waited = 0
        while len(sent) >= IN_FLIGHT:
            arrived = self._known(sorted(sent))
            sent -= arrived
            if arrived:
                waited = 0
                continue
            if waited == PATIENCE:
                raise Problem(
                    f"No imported object has been recorded for {PATIENCE} seconds.",
                    "Check ingest and recorder (docs/runbook.md), then run the same command again.",
                )
            waited += 1
            self._pace.rest()

    def _look(self, key: str) -> Found | ImportOutcome:
        """Reads the first byte: S3 then names the version and says whether it can be read at all."""
        try:
            try:
                answer: Any = self._s3.get_object(Bucket=self._bucket, Key=key, Range="bytes=0-0")
                answer["Body"].close()
                size = int(answer["ContentRange"].rpartition("/")[2])
            except ClientError as error:
                if error.response["Error"].get("Code") not in ("InvalidRange", "416"):
                    raise
                answer, size = self._s3.head_object(Bucket=self._bucket, Key=key), 0  # an empty object
        except ClientError as error:
            return of_error(error)
        version_id = answer.get("VersionId")
        found = Found(key, size, answer["ETag"].strip('"'), answer["LastModified"], version_id)
        erasure = self._erasures.of(key)
        covered = erasure.covers({"revision": found.revision, "version_id": version_id})
        return ImportOutcome.ERASED if covered else found


def unknown(candidates: Iterable[Candidate], known: Known) -> Iterator[Step | list[Candidate]]:
    """The outcomes of objects that need no work, and lists of those that have no log."""
    for some in batched(candidates, LOOKED_UP):
        there = known([each.key for each in some])
        fresh = []
        for each in some:
            if each.key in there:
                yield each, ImportOutcome.KNOWN
            elif is_folder(each.key, each.size):
                yield each, ImportOutcome.FOLDER
            else:
                fresh.append(each)
        yield fresh


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
