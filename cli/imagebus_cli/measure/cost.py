"""What images cost on AWS, from the usage in their events and a dated price list."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagebus.events.catalog import STAGES
from imagebus.history.fold import Item
from imagebus.history.labels import labels
from imagebus.history.recorded import RecordedEvent

PRICES = Path(__file__).with_name("prices.json")

#: A message is sent, received and deleted.
SQS_REQUESTS = 3
#: The bookkeeping functions (512 MB) report no usage in events: milliseconds per delivery, measured on the
#: embedded AWS and rounded up.
BOOKKEEPING_MS, BOOKKEEPING_GB = 25, 0.5
#: Log bytes per delivery (Lambda's three lines and ours), and per event with metrics.
DELIVERY_LOG_BYTES, MEASURE_LOG_BYTES = 1200, 600


@dataclass(frozen=True)
class Used:
    """The usage of one image: from its events, and derived from them."""

    events: int
    deliveries: int
    gb_seconds: float
    event_bytes: int
    status_bytes: int
    original_bytes: int
    derived_bytes: int
    derived_objects: int
    reads: int
    rekognition_calls: int
    #: that the image can be found by
    labels: int = 0


@dataclass(frozen=True)
class Line:
    """`usd` is the total for all images."""

    component: str
    quantity: float
    unit: str
    usd: float


def used(log: Sequence[RecordedEvent], item: Item) -> Used:
    usages: list[Mapping[str, Any]] = [event.meta.get("usage") or {} for event in log]
    types = [event.detail_type for event in log]
    listeners = sum(name in stage.listens for name in types for stage in STAGES)
    working = [usage for usage in usages if usage.get("billed_ms", 0) and usage.get("memory_mb", 0)]
    return Used(
        events=len(log),
        deliveries=listeners + 1,  # and S3's own event to ingest
        gb_seconds=sum(usage["billed_ms"] / 1000 * usage["memory_mb"] / 1024 for usage in working),
        event_bytes=sum(len(event.canonical.encode()) for event in log),
        status_bytes=len(json.dumps(item, default=str).encode()),
        original_bytes=int(item.get("size", 0)),
        derived_bytes=sum(usage.get("bytes_out", 0) for usage in usages),
        derived_objects=len(item.get("thumbnails", ())) + ("watermarked" in item) + ("labels" in item),
        reads=sum(bool(usage.get("bytes_in", 0)) for usage in usages),
        rekognition_calls=sum(usage.get("rekognition_calls", 0) for usage in usages),
        labels=len(labels(item)),
    )


def lines(
    images: Sequence[Used], price: Mapping[str, float], *, scale: float = 1.0, uploads: bool = True
) -> list[Line]:
    """The cost of the images by component, times `scale`, with one month of storage and no free tier.

    Without `uploads` it is further work on images that are there: nothing is announced or cleaned up after.
    """
    uploaded = scale * len(images) if uploads else 0.0

    def total(of: str) -> float:
        return scale * sum(float(getattr(image, of)) for image in images)

    events, deliveries = total("events"), total("deliveries")
    books = deliveries * BOOKKEEPING_MS / 1000 * BOOKKEEPING_GB
    writes = scale * sum(_writes(image) for image in images)
    # The validator reads which recipe is active, and the notifier whether the image was erased.
    reads = scale * sum(_reads(image) for image in images) + 2 * uploaded
    stored = (total("original_bytes") + total("derived_bytes")) / 1e9
    table = (total("event_bytes") + 3 * total("status_bytes")) / 1e9
    puts = total("derived_objects") + uploaded
    logged = (deliveries * DELIVERY_LOG_BYTES + events * MEASURE_LOG_BYTES) / 1e9
    rows: list[tuple[str, float, str, str]] = [
        ("Lambda, image functions", total("gb_seconds"), "GB-seconds", "lambda_gb_second"),
        ("Lambda, bookkeeping", books, "GB-seconds", "lambda_gb_second"),
        ("Lambda, requests", deliveries, "requests", "lambda_request"),
        ("EventBridge", events, "events", "event"),
        ("EventBridge, archive", total("event_bytes") / 1e9, "GB", "archive_gb"),
        ("SQS", deliveries * SQS_REQUESTS, "requests", "sqs_request"),
        ("DynamoDB, writes", writes, "units", "dynamodb_write"),
        ("DynamoDB, reads", reads, "units", "dynamodb_read"),
        ("DynamoDB, storage", table, "GB-months", "dynamodb_gb_month"),
        ("DynamoDB, recovery", table, "GB-months", "dynamodb_recovery_gb_month"),
        # The cleaner's listing is priced like a write.
        ("S3, writes and lists", puts + uploaded, "requests", "s3_put"),
        ("S3, reads", total("reads") + 2 * uploaded, "requests", "s3_get"),
        ("S3, storage", stored, "GB-months", "s3_gb_month"),
        ("SNS", uploaded, "requests", "sns_request"),
        ("CloudWatch Logs", logged, "GB", "log_gb"),
        ("Rekognition", total("rekognition_calls"), "images", "rekognition_image"),
    ]
    return [Line(name, quantity, unit, quantity * price[key]) for name, quantity, unit, key in rows]


def _writes(image: Used) -> float:
    """Units of 1 KB: each event once, and after each the status item in the table and two indexes."""
    log = image.events * math.ceil(image.event_bytes / image.events / 1024) if image.events else 0
    status = 3 * image.events * math.ceil(image.status_bytes / 2 / 1024)  # on average, half of the final item
    # Each row of a label twice, because it is in a transaction with the item, and in an index.
    found = 3 * image.labels + math.ceil(image.status_bytes / 2 / 1024) if image.labels else 0
    return log + status + found + 2  # the ledger's claim and mark


def _reads(image: Used) -> float:
    """Units of 4 KB, consistent: for each event the item, the log so far, and two of erasures."""
    status, log = math.ceil(image.status_bytes / 2 / 4096), math.ceil(image.event_bytes / 2 / 4096)
    return image.events * (status + log + 2)


def load_prices(region: str) -> tuple[dict[str, float], dict[str, float], str]:
    """Prices, free allowances and their date. Raises KeyError for a region without prices."""
    table = json.loads(PRICES.read_text(encoding="utf-8"))
    return table["regions"][region], table["free"], table["as_of"]
