"""Time as events carry it: UTC, milliseconds, fixed width, so that text order is time order."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Protocol

#: A date, or a date and a time with its offset from UTC.
RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?", re.ASCII)


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


def parse_moment(text: str) -> datetime:
    """An RFC 3339 time, or a date (its first moment in UTC). Raises ValueError."""
    if not RFC_3339.fullmatch(text):
        raise ValueError(f"{text!r} is not an RFC 3339 time")
    moment = datetime.fromisoformat(text.upper())
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is out of range") from error


def milliseconds_between(start: str, end: str) -> int:
    return round((parse_timestamp(end) - parse_timestamp(start)).total_seconds() * 1000)
