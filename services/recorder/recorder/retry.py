"""What to publish again for an image that failed: the events that its stages have not answered.

Everything downstream is idempotent, so an event that reaches a stage a second time costs its work, no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imagebus.clock import parse_timestamp
from imagebus.events.catalog import STAGES, Stage
from imagebus.identity import canonical_json
from imagebus.store import RecordedEvent
from recorder.projection import latest_revision
from recorder.required import Required

Envelope = Mapping[str, Any]

STAGE = {stage.name: stage for stage in STAGES}


@dataclass(frozen=True, slots=True)
class Again:
    """An event to bring again, and the stages that have not answered it."""

    envelope: Envelope
    stages: tuple[str, ...]

    @property
    def detail_type(self) -> str:
        return str(self.envelope["detail-type"])

    @property
    def is_from_s3(self) -> bool:
        """S3's own event: nobody else may put one on a bus, so it goes to ingest's inbox."""
        return bool(self.envelope["source"] == "aws.s3")

    def entry(self, bus_name: str) -> dict[str, Any]:
        """The PutEvents entry of an event of ours, as it was first published."""
        envelope = self.envelope
        return {
            "EventBusName": bus_name,
            "Source": envelope["source"],
            "DetailType": envelope["detail-type"],
            "Time": parse_timestamp(envelope["detail"]["meta"]["occurred_at"]),
            "Resources": list(envelope.get("resources", ())),
            "Detail": canonical_json(envelope["detail"]),
        }


def plan(events: Sequence[RecordedEvent], required: Required) -> list[Again]:
    """Events to bring again: those of unanswered failures, else those that the outstanding facts wait for."""
    log = latest_revision(events)
    facts = {event.detail_type: event for event in log}
    ids = {event.event_id for event in log}
    wanted: dict[str, tuple[Envelope, list[str]]] = {}
    for event in log:
        if event.detail_type == "ProcessingFailed":
            data = event.detail["data"]
            envelope: Envelope = {
                name: data["failed_event"][name] for name in data["failed_event"] if name != "replay-name"
            }
            if not _is_answered(data["stage"], envelope, facts, ids):
                wanted.setdefault(_identity(envelope), (envelope, []))[1].append(data["stage"])
    if not wanted:
        for stage, cause in _stalled(facts, required):
            whole = _envelope(cause)
            wanted.setdefault(_identity(whole), (whole, []))[1].append(stage)
    return [Again(envelope, tuple(dict.fromkeys(stages))) for envelope, stages in wanted.values()]


def _is_answered(
    stage_name: str, envelope: Envelope, facts: Mapping[str, RecordedEvent], ids: set[str]
) -> bool:
    if stage_name == "recorder":
        return envelope["detail"].get("meta", {}).get("event_id") in ids
    # What notifier and cleaner did stands in no log; both take an event twice without harm.
    stage = STAGE.get(stage_name)
    return stage is not None and any(fact in facts for fact in stage.emits)


def _stalled(facts: Mapping[str, RecordedEvent], required: Required) -> list[tuple[str, RecordedEvent]]:
    if {"ImageProcessed", "ImageRejected", "ImageDeleted"} & facts.keys():
        return []
    if "ImageValidated" not in facts:
        uploaded = facts.get("ImageUploaded")
        return [("validator", uploaded)] if uploaded else []
    awaited = {name for fact in required.outstanding(facts) for name in fact.split("|")}
    return [(stage.name, facts[name]) for stage, name in _awaited(awaited) if name in facts]


def _awaited(awaited: set[str]) -> list[tuple[Stage, str]]:
    return [(stage, name) for stage in STAGES if awaited.intersection(stage.emits) for name in stage.listens]


def _envelope(event: RecordedEvent) -> Envelope:
    data = event.detail["data"]
    arn = f"arn:aws:s3:::{data['bucket']}/{event.image_key}" if "bucket" in data else None
    return {
        "source": event.source,
        "detail-type": event.detail_type,
        "resources": [arn] if arn else [],
        "detail": event.detail,
    }


def _identity(envelope: Envelope) -> str:
    """A replayed or repeated failure carries the same event in another envelope."""
    meta = envelope["detail"].get("meta")
    return str(meta["event_id"]) if meta else canonical_json(envelope["detail"])
