"""Notifications about final events, for people and for machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from imagebus.events import Event, EventData
from imagebus.events.failures import ProcessingFailed
from imagebus.events.recorder import ImageProcessed, ProcessingStalled
from imagebus.events.validator import ImageRejected
from imagebus.identity import canonical_json

#: SNS accepts subjects of at most 100 ASCII characters, without line breaks.
#: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
SUBJECT_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Message:
    """`attributes` are for subscription filters; `body` for machines, `text` for people."""

    subject: str
    text: str
    body: str
    attributes: Mapping[str, str]


def compose(event: Event[EventData]) -> Message:
    data = event.data
    status, summary, lines = _WORDING[type(data)](data)
    key = event.meta.image_key
    text = "\n".join([f"{summary}: {key}", "", *lines, "", *_footer(event)])
    machine: dict[str, Any] = {
        "status": status,
        "image_key": key,
        "summary": summary,
        "text": text,
        "event": {"source": event.source, "detail-type": event.detail_type, "detail": event.detail()},
    }
    attributes = {
        "status": status,
        "event": event.detail_type,
        "format": getattr(data, "format", None) or "unknown",
    }
    return Message(_subject(f"{summary}: ", key), text, canonical_json(machine), attributes)


def _subject(summary: str, key: str) -> str:
    """Keeps the end of a long key, and replaces everything but printable ASCII by question marks."""
    plain = "".join(char if " " <= char <= "~" else "?" for char in key)
    room = SUBJECT_LENGTH - len(summary) - 1
    return summary + (plain if len(plain) <= room else "..." + plain[3 - room :])


def _footer(event: Event[EventData]) -> list[str]:
    meta = event.meta
    return [f"At {meta.occurred_at}, revision {meta.revision}", f"Event {event.detail_type} {meta.event_id}"]


def _processed(data: ImageProcessed) -> tuple[str, str, list[str]]:
    lines = [f"Done in {data.duration_ms / 1000:.1f} s."]
    size = f"{data.width} x {data.height} pixels" if data.width and data.height else None
    if known := [fact for fact in (data.format, size) if fact]:
        lines.append(", ".join(known) + ".")
    lines += [f"{name}: {count}" for name, count in sorted(data.counts.items())]
    return "completed", "Image processed", lines


def _rejected(data: ImageRejected) -> tuple[str, str, list[str]]:
    lines = [f"Reason: {data.code}. {data.detail}"]
    if data.limit is not None:
        lines.append(f"The limit is {data.limit}, the image has {data.actual}.")
    return "rejected", "Image rejected", lines


def _failed(data: ProcessingFailed) -> tuple[str, str, list[str]]:
    lines = [
        f"Stage {data.stage} gave up after {data.attempts} attempts.",
        f"{data.error_type}: {data.message}",
        "After fixing the cause, run `imagebus retry` to send the event to the stage again.",
    ]
    return "failed", f"Processing failed in {data.stage}", lines


def _stalled(data: ProcessingStalled) -> tuple[str, str, list[str]]:
    return (
        "failed",
        "Processing stalled",
        [f"Waited {data.waited_s} s for {', '.join(data.missing) or 'the first event'}."],
    )


_WORDING: Mapping[type[EventData], Callable[[Any], tuple[str, str, list[str]]]] = {
    ImageProcessed: _processed,
    ImageRejected: _rejected,
    ProcessingFailed: _failed,
    ProcessingStalled: _stalled,
}

HANDLED = {model.detail_type: model for model in _WORDING}
