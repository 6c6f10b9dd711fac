"""Where a page receives changes, if examples/live is deployed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aws_lambda_powertools.event_handler import Response

from api.incoming import Incoming
from api.models import Live
from api.responses import json_response
from api.settings import Settings
from api.storage import EXPIRES_IN, expiry
from imagebus.aws import signed_socket
from imagebus.clock import Clock


@dataclass(frozen=True)
class LiveRoute:
    """`sign` makes a URL from ID/STAGE of a WebSocket API and the seconds that it is valid."""

    incoming: Incoming
    settings: Settings
    clock: Clock
    sign: Callable[[str, int], str] = signed_socket

    def show(self) -> Response[str]:
        self.incoming.only()
        if not self.settings.live_api:
            return json_response(Live().as_json())
        url = self.sign(self.settings.live_api, EXPIRES_IN)
        return json_response(Live(url=url, expires_at=expiry(self.clock.now())).as_json())
