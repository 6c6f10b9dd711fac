"""Bring again what an image's stages have not answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from imagebus.bus import EventBridgeBus
from imagebus.clock import SystemClock
from imagebus.identity import canonical_json
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack
from recorder.required import Required
from recorder.retry import Again, plan


@dataclass(frozen=True)
class Retried:
    """An image, and what was brought again for it; nothing where all is answered."""

    image_key: str
    again: tuple[Again, ...]


def required(stack: Stack) -> Required:
    """What the deployed recorder requires: the fold depends on it."""
    return Required.parse(stack.outputs["RequiredFacts"])


def retry_one(stack: Stack, image_key: str) -> Retried:
    """Raises Problem for a key that the log does not know."""
    log = stack.store.latest(image_key)
    if not log:
        raise Problem(f"No image {image_key!r} is known.", "Keys are exact, with their folders.", exit_code=1)
    again = tuple(plan(log, required(stack)))
    _bring(stack, again)
    return Retried(image_key, again)


def retry_failed(stack: Stack) -> Iterator[Retried]:
    """All images whose status is `failed`."""
    for item in stack.store.failed():
        yield retry_one(stack, item["image_key"])


def _bring(stack: Stack, again: Iterable[Again]) -> None:
    bus_name = stack.outputs["EventBusName"]
    bus = EventBridgeBus(stack.events, bus_name, SystemClock())
    for each in again:
        if each.is_from_s3:
            url = stack.outputs["IngestInboxUrl"]
            stack.sqs.send_message(QueueUrl=url, MessageBody=canonical_json(each.envelope))
        else:
            bus.put([each.entry(bus_name)])
