"""Upload at a rate and measure the outcome: lost, stuck, announced twice, latency, memory."""

from __future__ import annotations

import io
import statistics
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from imagebus_cli.measure.processes import Usage, Watch
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.stack.subscription import subscribed
from imagebus_cli.uploads.tracking import Upload, seconds, wait


@dataclass(frozen=True)
class LoadOutcome:
    """`seconds`, sorted: from the start of an upload to its final event."""

    uploaded: int
    seconds: tuple[float, ...]
    statuses: dict[str, int]
    stuck: int
    unannounced: int
    announced_twice: int
    took_s: float
    usage: tuple[Usage, ...]

    @property
    def clean(self) -> bool:
        return not (self.stuck or self.unannounced or self.announced_twice) and set(self.statuses) == {
            "completed"
        }

    def percentile(self, share: float) -> float:
        return (
            self.seconds[min(len(self.seconds) - 1, int(share * len(self.seconds)))] if self.seconds else 0.0
        )

    @property
    def per_minute(self) -> float:
        return 60 * len(self.seconds) / self.took_s

    @property
    def growth(self) -> tuple[float, float]:
        """Growth of memory per worker and of temporary bytes: the last fifth over the second, minus one."""
        fifth = len(self.usage) // 5
        if not fifth:
            return 0.0, 0.0
        early, late = self.usage[fifth : 2 * fifth], self.usage[-fifth:]
        return (
            _growth([each.worker_bytes for each in early], [each.worker_bytes for each in late]),
            _growth([each.temporary_bytes for each in early], [each.temporary_bytes for each in late]),
        )


def _growth(early: Sequence[float], late: Sequence[float]) -> float:
    before, after = statistics.median(early), statistics.median(late)
    return (after - before) / before if before else float(after > 0)


def picture(number: int) -> bytes:
    """A small JPEG, different for every number."""
    from PIL import Image

    shade = Image.linear_gradient("L").resize((640, 480)).convert("RGB")
    shade.paste((number * 37 % 256, number * 73 % 256, number // 256 % 256), (0, 0, 200, 200))
    buffer = io.BytesIO()
    shade.save(buffer, "JPEG", quality=85, comment=f"{number}".encode())
    return buffer.getvalue()


def run(
    stack: Stack,
    watch: Watch,
    *,
    count: int,
    rate: float,
    progress: Callable[[str], None],
    patience: float = 120,
) -> LoadOutcome:
    """Upload `count` pictures at `rate` per second, and wait until each has a final status."""
    folder = f"load/{uuid.uuid4().hex[:8]}"
    uploads: list[Upload] = []
    lock = threading.Lock()

    def put(number: int) -> None:
        key = f"{folder}/{number:06}.jpg"
        body, started = picture(number), datetime.now(UTC)
        stack.s3.put_object(Bucket=stack.uploads, Key=key, Body=body, ContentType="image/jpeg")
        with lock:
            uploads.append(Upload(key, "", started))

    began = time.monotonic()
    with subscribed(stack) as subscription, watch:
        with ThreadPoolExecutor(16) as pool:
            pending = []
            for number in range(count):
                time.sleep(max(0.0, began + number / rate - time.monotonic()))
                pending.append(pool.submit(put, number))
                progress(f"{number + 1} of {count} uploaded")
            for each in pending:
                each.result()
        ended = wait(
            stack,
            uploads,
            patience=patience,
            pause=1.0,
            progress=lambda done: progress(f"{done} of {count} finished"),
        )
        took = time.monotonic() - began
        keys = [upload.key for upload in uploads]
        notifications = Counter(
            each.image_key for each in subscription.collect(keys, patience=patience, linger=5)
        )
    return LoadOutcome(
        uploaded=len(uploads),
        seconds=tuple(sorted(seconds(each, ended[each.key]) for each in uploads if each.key in ended)),
        statuses=dict(Counter(str(item["status"]) for item in ended.values())),
        stuck=len(uploads) - len(ended),
        unannounced=sum(not notifications[key] for key in keys),
        announced_twice=sum(notifications[key] > 1 for key in keys),
        took_s=took,
        usage=tuple(watch.samples),
    )
