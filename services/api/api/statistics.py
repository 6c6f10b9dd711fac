"""How many images there are of each status."""

from __future__ import annotations

from dataclasses import dataclass, field

from aws_lambda_powertools.event_handler import Response

from api.incoming import Incoming
from api.models import Counts, Stats
from api.responses import json_response
from imagebus.clock import Clock, timestamp
from imagebus.history.view import STATUSES
from imagebus.listing import ImageIndex

#: A function counts at most once in so many seconds: many callers cost no more than one.
FRESH_SECONDS = 10
#: API Gateway waits 29 seconds, the function 15.
PATIENCE_SECONDS = 8


@dataclass
class Statistics:
    incoming: Incoming
    index: ImageIndex
    clock: Clock
    _latest: tuple[float, Stats] | None = field(default=None, init=False)

    def show(self) -> Response[str]:
        self.incoming.only()
        started = self.clock.monotonic()
        if self._latest is None or started - self._latest[0] >= FRESH_SECONDS:
            as_of = timestamp(self.clock.now())
            counts, complete = self.index.counts(
                STATUSES, lambda: self.clock.monotonic() - started < PATIENCE_SECONDS
            )
            self._latest = started, Stats(counts=Counts(**counts), complete=complete, as_of=as_of)
        return json_response(self._latest[1].as_json())
