"""Clients and wiring for the Lambda edge: created on first use, once per cold start, never at import."""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Literal

import botocore.session
from botocore.config import Config

import imagebus
from imagebus.bus import EventBridgeBus
from imagebus.clock import SystemClock

#: Short timeouts and few retries, because every call has an inbox behind it that retries.
CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


@cache
def _session(models: Literal["full", "trimmed"]) -> botocore.session.Session:
    """What boto3 makes its clients with. boto3 itself also imports its transfer manager, unused here."""
    session = botocore.session.Session()
    if models == "trimmed":
        from imagebus.models import TrimmedLoader

        session.register_component("data_loader", TrimmedLoader())
    imagebus.initialized()
    return session


def _models(service: str) -> Literal["full", "trimmed"]:
    if os.environ.get("IMAGEBUS_MODELS") != "trimmed":
        return "full"
    from imagebus.models import is_trimmed

    return "trimmed" if is_trimmed(service) else "full"


@cache
def client(service: str, config: Config = CONFIG) -> Any:
    """The very client that `boto3.client(service)` gives, with every call.

    Where IMAGEBUS_MODELS is `trimmed`, as in our own functions, it knows only the calls that they make, and
    is made faster.
    """
    return _session(_models(service)).create_client(service, config=config)


@cache
def bus() -> EventBridgeBus:
    return EventBridgeBus(client("events"), os.environ["EVENT_BUS"], SystemClock())
