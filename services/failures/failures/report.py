"""Turns a dead letter into a failure that can be retried, if it is a valid event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from imagebus.clock import Clock
from imagebus.events import Event, InvalidEvent, Meta, NotAnEvent, caused_by, new_event
from imagebus.events.failures import ProcessingFailed
from imagebus.events.s3 import fact_of
from imagebus.identity import canonical_json, event_id, revision
from imagebus.inbox import Delivery

#: Leaves room for the envelope: no event may exceed 64 KB.
MAX_FAILED_EVENT_BYTES = 56_000

#: How an event leaves a bus with a key that EventBridge cannot use; the event itself is ciphertext.
#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-dlq-decrypt.html
ENCRYPTED = ("aws.events", "Encrypted Events")

#: SQS's own redrive does not record the error.
SILENT_DEATH = "the function reported no error: it timed out, crashed or ran out of memory"


def report(delivery: Delivery, stage: str, default_attempts: int, clock: Clock) -> Event[ProcessingFailed]:
    """ProcessingFailed for a dead letter. Raises NotAnEvent for one that must be kept in quarantine instead:

    no event, none of ours, ciphertext, too large to carry, or itself a ProcessingFailed, which would fail
    endlessly.
    """
    envelope = delivery.envelope
    if (envelope["source"], envelope["detail-type"]) == ENCRYPTED:
        raise NotAnEvent("encrypted: EventBridge could not use the key of the bus")
    if envelope["detail-type"] == ProcessingFailed.detail_type:
        raise NotAnEvent("a failure to handle a failure")
    if len(canonical_json(envelope).encode()) > MAX_FAILED_EVENT_BYTES:
        raise NotAnEvent("too_large: a failure cannot carry it")
    attributes = delivery.attributes
    data = ProcessingFailed(
        stage=stage,
        error_type=(attributes.get("error_type") or attributes.get("ERROR_CODE") or "Unknown")[:255],
        message=(attributes.get("message") or attributes.get("ERROR_MESSAGE") or SILENT_DEATH)[:1000],
        attempts=_attempts(attributes, default_attempts),
        failed_event=envelope,
    )
    try:
        return _attach(envelope, data, stage, clock)
    except (KeyError, TypeError, AttributeError, InvalidEvent) as error:
        raise NotAnEvent("the event names no image") from error


def _attempts(attributes: Mapping[str, str], default: int) -> int:
    """The number of attempts. EventBridge counts only those after the first.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html#eb-rule-dlq
    """
    if "RULE_ARN" in attributes:
        return 1 + _number(attributes.get("RETRY_ATTEMPTS"), 0)
    return _number(attributes.get("attempts"), default)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else default


def _attach(
    envelope: Mapping[str, Any], data: ProcessingFailed, stage: str, clock: Clock
) -> Event[ProcessingFailed]:
    detail = envelope["detail"]
    if envelope["source"] == "aws.s3":
        fact = fact_of(envelope)
        if fact is None:
            raise NotAnEvent("the removal of a version, which is not a revision that could fail")
        item = detail["object"]
        key, version = item["key"], revision(item["sequencer"])
        failure = new_event(
            data,
            image_key=key,
            revision=version,
            version_id=item.get("version-id"),
            discriminator=stage,
            clock=clock,
        )
        # The correlation that ingest will start when it publishes the fact after all.
        meta = msgspec.structs.replace(failure.meta, correlation_id=event_id(fact, key, version))
        return replace(failure, meta=meta)
    cause = Meta.from_json(detail["meta"])
    return caused_by(cause, data, discriminator=f"{stage}/{cause.event_id}", clock=clock)
