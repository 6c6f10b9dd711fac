"""Virtual time, and functions that take turns at every external call."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from greenlet import getcurrent, greenlet

#: Of a machine's clock: seconds per second, and the chance that it has been set since the last reading.
DRIFT, SET_AT_READING = 0.02, 0.05
EPOCH = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


class Killed(BaseException):
    """The function ends immediately: no later line of it ever runs. No handler may catch this."""


class TimedOut(Killed):
    """Lambda's time limit for a function."""


class Scheduler:
    """Runs one task at a time, in the order of virtual time; `pause` lets all others run first."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.pending = 0
        self._numbers = count()
        self._heap: list[tuple[float, int, Callable[[], None], bool]] = []
        self._hub = getcurrent()
        self._deadlines: dict[greenlet, float] = {}

    # --- a Clock ---

    def now(self) -> datetime:
        return EPOCH + timedelta(milliseconds=round(self.seconds * 1000))

    def monotonic(self) -> float:
        return self.seconds

    def cpu_seconds(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.pause(seconds)

    # --- ---

    def after(self, delay: float, action: Callable[[], None], *, background: bool = False) -> None:
        """`background` work, like a schedule's next tick, does not keep the world going."""
        self.pending += not background
        heapq.heappush(self._heap, (self.seconds + delay, next(self._numbers), action, background))

    def start(self, function: Callable[[], None], limit: float = float("inf")) -> None:
        """Run the function as a separate task, up to its first pause, for at most `limit` seconds."""

        def run() -> None:
            try:
                with suppress(Killed):
                    function()
            finally:
                del self._deadlines[task]

        task = greenlet(run, parent=self._hub)
        self._deadlines[task] = self.seconds + limit
        task.switch()

    def pause(self, delay: float) -> None:
        """In a task: continue after the delay, or raise TimedOut. Elsewhere no time passes."""
        task = getcurrent()
        if task is self._hub:
            return
        self.after(delay, task.switch)
        self._hub.switch()
        if self.seconds > self._deadlines[task]:
            raise TimedOut

    def step(self) -> None:
        self.seconds, _, action, background = heapq.heappop(self._heap)
        self.pending -= not background
        action()


class Skewed:
    """The clock of a machine: up to some seconds ahead or behind, it drifts, and now and then it is set."""

    def __init__(self, scheduler: Scheduler, random: Random, seconds: float) -> None:
        self._scheduler = scheduler
        self._random = random
        self._most = seconds
        self._set()

    def _set(self) -> None:
        self._since = self._scheduler.seconds
        self._ahead = self._random.uniform(-self._most, self._most)
        self._drift = self._random.uniform(-DRIFT, DRIFT)

    def now(self) -> datetime:
        if self._random.random() < SET_AT_READING:
            self._set()
        ahead = self._ahead + self._drift * (self._scheduler.seconds - self._since)
        return self._scheduler.now() + timedelta(seconds=max(-self._most, min(ahead, self._most)))

    def monotonic(self) -> float:
        return self._scheduler.monotonic()

    def cpu_seconds(self) -> float:
        return self._scheduler.cpu_seconds()

    def sleep(self, seconds: float) -> None:
        self._scheduler.sleep(seconds)
