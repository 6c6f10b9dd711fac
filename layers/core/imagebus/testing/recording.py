"""A bus that records what is published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imagebus.bus import PublishError
from imagebus.events import AnyEvent


class RecordingBus:
    def __init__(self) -> None:
        self.events: list[Any] = []
        #: How many of the next calls fail before they accept anything.
        self.fails = 0

    def publish(self, events: Sequence[AnyEvent]) -> None:
        if self.fails:
            self.fails -= 1
            raise PublishError("the bus refused")
        self.events += events

    @property
    def types(self) -> list[str]:
        return [event.detail_type for event in self.events]
