"""How long `imagebus rebuild` takes: creates the logs of N images in a separate table, and folds them all.

`python -m benchmarks.rebuild [--images 1000 10000]`, against the local AWS (`imagebus local up`).
"""

from __future__ import annotations

import argparse
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from imagebus.clock import SystemClock
from imagebus.history.recorded import RecordedEvent
from imagebus.history.required import DEFAULT, Required
from imagebus.identity import event_id, revision
from imagebus.store import EVENT_PREFIX, DynamoDBEventStore
from imagebus_cli.operations.rebuild import rebuild_all
from imagebus_cli.operations.table import StatusTable
from imagebus_cli.operations.verify import verify_all
from imagebus_cli.stack.find import find
from tests.tables import create_table

FACTS: dict[str, dict[str, Any]] = {
    "ImageUploaded": {"bucket": "uploads", "size": 123456, "etag": "0" * 32, "reason": "PutObject"},
    "ImageValidated": {
        "bucket": "uploads",
        "size": 123456,
        "etag": "0" * 32,
        "format": "JPEG",
        "mime": "image/jpeg",
        "width": 4000,
        "height": 3000,
        "mode": "RGB",
        "has_alpha": False,
        "frames": 1,
        "orientation": 1,
        "sha256": "0" * 64,
    },
    "ThumbnailsCreated": {
        "recipe": "r",
        "items": [
            {
                "name": f"{side}x{side}",
                "bucket": "images",
                "key": f"{'0' * 32}/{'0' * 32}/thumbnails/{side}x{side}.jpg",
                "width": side,
                "height": side,
                "format": "JPEG",
                "bytes": 12345,
                "sha256": "0" * 64,
            }
            for side in (100, 320, 640, 1280)
        ],
    },
    "ImageWatermarked": {
        "recipe": "r",
        "bucket": "images",
        "key": f"{'0' * 32}/{'0' * 32}/watermarked.jpg",
        "width": 4000,
        "height": 3000,
        "format": "JPEG",
        "bytes": 123456,
    },
    "MetadataExtracted": {
        "properties": {"width": 4000, "height": 3000, "megapixels": 12.0, "entropy": 7.5},
        "exif": {"Make": "Camera", "Model": "X", "FNumber": 2.8, "ISO": 100},
        "dominant_colors": ["#102030", "#405060", "#708090"],
        "thumbhash": "1QcSHQRnh493V4dIh4eXh1h4kJUI",
        "phash": "0" * 16,
    },
    "LabelsSkipped": {"reason": "LabelProvider is none"},
    "ImageProcessed": {"stages": {"validator": 100}, "duration_ms": 900, "counts": {"thumbnails": 4}},
}


def log(number: int) -> Iterator[RecordedEvent]:
    """Seven events of one image, about 4 KB."""
    key, rev = f"benchmark/{number // 100}/image {number}.jpg", revision(f"{0x61A0B2 + number:X}")
    root = event_id("ImageUploaded", key, rev)
    for position, (detail_type, data) in enumerate(FACTS.items()):
        meta = {
            "event_id": event_id(detail_type, key, rev),
            "schema_version": 1,
            "image_key": key,
            "revision": rev,
            "version_id": "v" * 32,
            "correlation_id": root,
            "causation_id": root if position else None,
            "occurred_at": f"2026-01-02T03:04:05.{position:03d}Z",
            "producer": "benchmark",
            "usage": {"billed_ms": 100, "memory_mb": 1769, "bytes_in": 123456, "bytes_out": 0},
        }
        yield RecordedEvent("imagebus.benchmark", detail_type, {"meta": meta, "data": data})


def item(event: RecordedEvent) -> dict[str, Any]:
    columns = {
        "image_key": event.image_key,
        "sk": f"{EVENT_PREFIX}{event.revision}#{event.event_id}",
        "event_id": event.event_id,
        "detail_type": event.detail_type,
        "source": event.source,
        "revision": event.revision,
        "occurred_at": event.occurred_at,
        "event": event.canonical,
    }
    return {name: {"S": value} for name, value in columns.items()}


def fill(dynamodb: Any, table: str, images: int) -> None:
    rows = (item(event) for number in range(images) for event in log(number))

    def write(batch: list[dict[str, Any]]) -> None:
        requests = [{"PutRequest": {"Item": row}} for row in batch]
        while requests:
            answer = dynamodb.batch_write_item(RequestItems={table: requests})
            requests = answer.get("UnprocessedItems", {}).get(table, [])

    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(write, iter(lambda: list(islice(rows, 25)), [])):
            pass


def measure(what: str, results: Iterable[Any]) -> None:
    started, used = time.monotonic(), time.process_time()
    counts = Counter(getattr(result, "rebuilt", result) for result in results)
    seconds = time.monotonic() - started
    cpu, total = time.process_time() - used, sum(counts.values())
    each = seconds / total * 1000
    print(f"  {what}: {seconds:.1f} s ({cpu:.1f} s CPU), {each:.2f} ms an image  {dict(counts)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rebuild", description=__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=[1000, 10_000])
    dynamodb, required, clock = find(None).dynamodb, Required.parse(DEFAULT), SystemClock()
    for images in parser.parse_args().images:
        table = f"benchmark-{uuid.uuid4().hex[:8]}"
        create_table(dynamodb, table)
        try:
            print(f"{images} images, {images * len(FACTS)} events", flush=True)
            fill(dynamodb, table, images)
            store, scan = DynamoDBEventStore(dynamodb, table), StatusTable(dynamodb, table)
            measure("rebuild, all status items lost", rebuild_all(scan, store, required))
            measure("rebuild, nothing to do", rebuild_all(scan, store, required))
            measure("verify", verify_all(scan.images(), store, required, clock))
            for image in list(scan.images()):
                if image.status is not None:
                    store.replace_status({**image.status, "status": "wrong"}, image.status["log_digest"])
            measure("rebuild, all status items wrong", rebuild_all(scan, store, required))
        finally:
            dynamodb.delete_table(TableName=table)


if __name__ == "__main__":
    main()
