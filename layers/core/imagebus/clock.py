"""Time as events carry it: UTC, milliseconds, fixed width, so that text order is time order."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

#: A date, or a date and a time with its offset from UTC.
RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?", re.ASCII)


class Clock(Protocol):
    def now(self) -> datetime:
        """The current time, timezone-aware, in UTC. It differs between machines, and can be set back."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment, to measure how long something takes on this machine."""
        ...

    def cpu_seconds(self) -> float:
        """The CPU time of this process and of its children that have ended, since some fixed moment."""
        ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def cpu_seconds(self) -> float:
        children = os.times()
        return time.process_time() + children.children_user + children.children_system

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def timestamp(moment: datetime) -> str:
    """`2026-01-02T03:04:05.678Z`, truncated to milliseconds."""
    # isoformat pads the year, which strftime does not
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_timestamp(text: str) -> datetime:
    """The inverse of `timestamp`; also accepts S3's times, which have whole seconds."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def parse_moment(text: str) -> datetime:
    """An RFC 3339 time, or a date (its first moment in UTC). Raises ValueError.

    A leap second is the first moment of the next minute, and what lies beyond year 1 or 9999 is their limit.
    """
    if not RFC_3339.fullmatch(text):
        raise ValueError(f"{text!r} is not an RFC 3339 time")
    leap = text[16:19] == ":60"
    moment = datetime.fromisoformat((f"{text[:16]}:59{text[19:]}" if leap else text).upper())
    try:
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        return utc.replace(microsecond=0) + timedelta(seconds=1) if leap else utc
    except OverflowError:
        if moment.year == 1:
            return datetime(1, 1, 1, tzinfo=UTC)
        return datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


def milliseconds_between(start: str, end: str) -> int:
    return round((parse_timestamp(end) - parse_timestamp(start)).total_seconds() * 1000)
