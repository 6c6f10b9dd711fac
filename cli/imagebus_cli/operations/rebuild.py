"""Rebuild status items from the log. The recorder may keep running: whoever folded more events wins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from botocore.exceptions import ClientError

from imagebus.history.fold import Item, canonical, fold
from imagebus.history.labels import label_rows
from imagebus.history.recorded import UNREADABLE
from imagebus.history.required import Required
from imagebus.projector import Contended, Projector
from imagebus.store import EventStore
from imagebus_cli.operations.table import ScannedImage, StatusTable, described, is_about_items

#: Status items in one transaction, their bytes (DynamoDB's limit is 4 MB, and it counts a little more than
#: the JSON), and transactions in flight at once.
#: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
TOGETHER = 25
TRANSACTION_BYTES = 3_000_000
PARALLEL = 4


@dataclass(frozen=True)
class RebuildResult:
    """`why` says why an image could not be rebuilt."""

    image_key: str
    rebuilt: Literal["same", "written", "without log", "failed"]
    why: str = ""


def rebuild_one(store: EventStore, required: Required, image_key: str) -> RebuildResult:
    """Update one status item from its log."""
    try:
        before, labels = store.status(image_key), store.label_rows(image_key)
        projection = Projector(store, required).project(image_key, repair=True)
        if projection is None:
            return RebuildResult(image_key, "without log")
    except (Contended, *UNREADABLE) as error:
        return RebuildResult(image_key, "failed", described(error))
    except ClientError as error:
        if not is_about_items(error):
            raise
        return RebuildResult(image_key, "failed", described(error))
    same = before == projection.item and labels == label_rows(projection.item)
    return RebuildResult(image_key, "same" if same else "written")


def rebuild_all(table: StatusTable, store: EventStore, required: Required) -> Iterator[RebuildResult]:
    """One scan of the table; only items that differ from their fold are written."""
    # Read before any log: a recorder that folds more than the scan saw changes one of these, and wins.
    digests = table.digests()
    images = table.images()

    def rebuild(part: Sequence[ScannedImage]) -> list[RebuildResult]:
        results: list[RebuildResult] = []
        wrong: list[tuple[Item, str | None]] = []
        for image in part:
            item = _folded(image, required)
            if isinstance(item, RebuildResult):
                results.append(item)
            elif image.labels != label_rows(item):
                results.append(rebuild_one(store, required, image.image_key))
            elif image.status == item:
                results.append(RebuildResult(image.image_key, "same"))
            else:
                wrong.append((item, digests.get(image.image_key)))
        for items in _transactions(wrong):
            if table.replace_statuses(items):
                results += [RebuildResult(item["image_key"], "written") for item, _ in items]
            else:  # a recorder was faster with one of them, or one is too large: write each alone
                results += [rebuild_one(store, required, item["image_key"]) for item, _ in items]
        return results

    with ThreadPoolExecutor(PARALLEL) as pool:
        while batch := list(islice(images, TOGETHER * PARALLEL)):
            parts = [batch[start : start + TOGETHER] for start in range(0, len(batch), TOGETHER)]
            for results in pool.map(rebuild, parts):
                yield from results


def _transactions(items: Sequence[tuple[Item, str | None]]) -> Iterator[list[tuple[Item, str | None]]]:
    part, size = list[tuple[Item, str | None]](), 0
    for item, digest in items:
        length = len(canonical(item).encode())
        if part and size + length > TRANSACTION_BYTES:
            yield part
            part, size = [], 0
        part.append((item, digest))
        size += length
    if part:
        yield part


def _folded(image: ScannedImage, required: Required) -> Item | RebuildResult:
    """The status item that belongs there, or the result if there can be none."""
    if image.error:
        return RebuildResult(image.image_key, "failed", image.error)
    if not image.log:
        return RebuildResult(image.image_key, "without log")
    try:
        return fold(image.log, required)
    except UNREADABLE as error:
        return RebuildResult(image.image_key, "failed", described(error))
