"""Time as events carry it: UTC, milliseconds, fixed width, so that text order is time order."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The current time, timezone-aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def timestamp(moment: datetime) -> str:
    """`2026-01-02T03:04:05.678Z`, truncated to milliseconds."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse_timestamp(text: str) -> datetime:
    """The inverse of `timestamp`; also accepts S3's times, which have whole seconds."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def milliseconds_between(start: str, end: str) -> int:
    return round((parse_timestamp(end) - parse_timestamp(start)).total_seconds() * 1000)
