"""A clock that stands still unless it is advanced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class ManualClock:
    def __init__(self, now: datetime = START) -> None:
        self._start = self._now = now
        self.cpu = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    def cpu_seconds(self) -> float:
        return self.cpu

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def adjust(self, seconds: float) -> None:
        """The machine's clock is corrected, and no time passes."""
        self._now += timedelta(seconds=seconds)
        self._start += timedelta(seconds=seconds)

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
