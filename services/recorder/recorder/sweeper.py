"""a schedule -> ImageProcessed for images that a crash left unannounced, and ProcessingStalled."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from imagebus.clock import Clock, SystemClock, parse_timestamp, timestamp
from imagebus.history.fold import Item
from imagebus.identity import SHARDS
from imagebus.listing import ImageIndex
from imagebus.projector import Projection
from imagebus.telemetry import logger
from recorder.record import Recorder
from recorder.replays import EventBridgeReplays, Replays, SQSBacklog

#: The recorder itself is still working on younger images.
SETTLE_SECONDS = 60
BATCH = 100

T = TypeVar("T")


class SweepIncomplete(Exception):
    """Some images, or a shard of the index, could not be swept; the log says which."""


def sweep(
    index: ImageIndex, recorder: Recorder, replays: Replays, clock: Clock, stalled_after_s: int
) -> dict[str, int]:
    """Finish every image that has been `processing` for too long.

    Raises SweepIncomplete if that failed for some, or if a shard of the index could not be read, after
    all others are finished.
    """
    overdue = clock.now() - timedelta(seconds=stalled_after_s)
    counts = Counter(announced=0, stalled=0, held=0, failed=0, unread=0)
    for listed in _batches(_due(index, clock, stalled_after_s, counts), BATCH):
        stalled: list[Projection] = []
        for item in listed:
            with _isolated(counts, "failed", listed_at=item["listed_at"]):
                projection = recorder.project(item["image_key"])
                if projection is None:
                    raise WithoutLog("rebuild or erase it")
                if recorder.is_unannounced(projection.item):
                    recorder.announce(projection)
                    counts["announced"] += 1
                elif projection.item["status"] == "processing" and _is_overdue(projection.item, overdue):
                    stalled.append(projection)
        # Ask after reading the logs: a replay that contributed any of their events had started by then.
        if stalled and replays.arriving():
            counts["held"] += len(stalled)
            continue
        for projection in stalled:
            if recorder.arrival(projection.item) > timestamp(overdue):
                counts["held"] += 1
                continue
            with _isolated(counts, "failed", listed_at=projection.item["listed_at"]):
                if projection.item["outstanding"]:
                    recorder.stall(projection)
                    counts["stalled"] += 1
                else:  # complete, and what describes the image was lost
                    recorder.announce(projection)
                    counts["announced"] += 1
    logger().info("swept", extra=counts)
    if counts["failed"] or counts["unread"]:
        raise SweepIncomplete(f"{counts['failed']} images, {counts['unread']} shards of the index")
    return dict(counts)


class WithoutLog(Exception):
    """There is a status item but no log."""


@contextmanager
def _isolated(counts: Counter[str], failure: str, **what: object) -> Iterator[None]:
    """One image or shard that cannot be read must not keep the others from being finished."""
    try:
        yield
    except Exception:  # noqa: BLE001  whatever it was: it is counted, logged and reported
        counts[failure] += 1
        logger().exception("not swept", extra=what)


def _due(index: ImageIndex, clock: Clock, stalled_after_s: int, counts: Counter[str]) -> Iterator[Item]:
    """Images that are complete, or have waited too long. The others are still being processed."""
    now = clock.now()
    settled = timestamp(now - timedelta(seconds=min(SETTLE_SECONDS, stalled_after_s)))
    overdue = now - timedelta(seconds=stalled_after_s)
    for shard in range(SHARDS):
        with _isolated(counts, "unread", shard=shard):
            for item in index.of_shard(shard, "processing", settled):
                if not item["outstanding"] or _is_overdue(item, overdue):
                    yield item


def _is_overdue(item: Item, moment: datetime) -> bool:
    """Whether there has been no news of the image since that moment: no upload, no fact, no failure.

    After an outage the facts that a retry brings are news, and so is a failure that was answered since.
    """
    stages, failures = item.get("stages", {}).values(), item.get("failures", ())
    news = [item["created_at"], *(each["at"] for each in stages), *(each["at"] for each in failures)]
    try:
        return parse_timestamp(max(news)) <= moment
    except ValueError:  # a time that no calendar has: the fold will say so
        return True


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def handle(event: dict[str, Any], context: object) -> dict[str, int]:
    from imagebus.aws import client
    from recorder.handler import recorder

    clock = SystemClock()
    stalled_after_s = int(os.environ["STALLED_AFTER_SECONDS"])
    index = ImageIndex(client("dynamodb"), os.environ["STATUS_TABLE"])
    replays = EventBridgeReplays(
        client("events"),
        os.environ["ARCHIVE_NAME"],
        clock,
        stalled_after_s,
        backlog=SQSBacklog(lambda: client("sqs"), os.environ["RECORDER_INBOX_URL"]),
    )
    return sweep(index, recorder(), replays, clock, stalled_after_s)
