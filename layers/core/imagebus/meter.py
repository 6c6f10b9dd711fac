"""What an event took to produce, for its `usage`."""

from __future__ import annotations

import os
import time

from imagebus.events import Usage


class Meter:
    """Started when a delivery is taken up; read when its event is made."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self.bytes_in = 0
        self.bytes_out = 0
        self.rekognition_calls = 0

    def usage(self) -> Usage:
        """Milliseconds are rounded up, as Lambda bills them."""
        return Usage(
            billed_ms=int((time.perf_counter() - self._started) * 1000) + 1,
            memory_mb=int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0")),
            bytes_in=self.bytes_in,
            bytes_out=self.bytes_out,
            rekognition_calls=self.rekognition_calls,
        )
