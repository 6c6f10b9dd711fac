"""Measures the resources that producing an event takes, for its `usage`."""

from __future__ import annotations

import math
import os

from imagebus.clock import Clock
from imagebus.events import Usage


class Meter:
    """Started when a delivery is received; read when its event is created."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.monotonic()
        self._cpu = clock.cpu_seconds()
        self.bytes_in = 0
        self.bytes_out = 0
        self.rekognition_calls = 0

    def usage(self) -> Usage:
        """Milliseconds are rounded up, as Lambda bills them."""
        seconds = self._clock.monotonic() - self._started
        return Usage(
            billed_ms=max(1, math.ceil(seconds * 1000)),
            cpu_ms=round((self._clock.cpu_seconds() - self._cpu) * 1000),
            memory_mb=int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0")),
            bytes_in=self.bytes_in,
            bytes_out=self.bytes_out,
            rekognition_calls=self.rekognition_calls,
        )
