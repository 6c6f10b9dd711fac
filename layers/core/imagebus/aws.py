"""Clients and wiring for the Lambda edge: made on first use, once per cold start, never at import."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

from imagebus.bus import EventBridgeBus
from imagebus.clock import SystemClock
from imagebus.inbox import SQSQueue

#: Short timeouts and few retries: behind every call stands an inbox that tries again.
CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


@cache
def _session() -> botocore.session.Session:
    """What boto3 makes its clients with. boto3 itself also imports its transfer manager, unused here."""
    return botocore.session.Session()


@cache
def client(service: str) -> Any:
    """The very client that `boto3.client(service)` gives."""
    return _session().create_client(service, config=CONFIG)


@cache
def bus() -> EventBridgeBus:
    return EventBridgeBus(client("events"), os.environ["EVENT_BUS"], SystemClock())


@cache
def inbox_queue() -> tuple[SQSQueue, int]:
    """The function's inbox, and how often it brings a message before the dead letters take it."""
    queue = SQSQueue(lambda: client("sqs"), os.environ["INBOX_URL"], os.environ["DEAD_LETTER_URL"])
    return queue, int(os.environ["MAX_RECEIVE_COUNT"])
