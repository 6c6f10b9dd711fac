"""Work that is outstanding is done again: the event that the stage was given goes to its inbox once more.

To the stage's own queue, not to the bus: whoever else listens to that event has handled it, and may be
somebody's mail. It also needs no right to publish in another service's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imagebus.events.catalog import STAGES, Stage
from imagebus.identity import canonical_json
from imagebus.store import Item, RecordedEvent

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class Errand:
    """An EventBridge event for the inbox of a stage."""

    stage: str
    envelope: Mapping[str, Any]


def errands(item: Item, log: Sequence[RecordedEvent]) -> list[Errand]:
    """What to send for an image that failed; nothing for any other.

    A failure carries the event that failed, whole. An image that stalled has no failure to carry it, so the
    events of the log stand in for those that its outstanding stages were waiting for.
    """
    if item["status"] != "failed":
        return []
    present = {event.detail_type for event in log}
    found: dict[tuple[str, str], Errand] = {}
    for event in log:
        data = event.detail.get("data", {})
        if event.detail_type == "ProcessingFailed" and not _done(data["stage"], present):
            # What failed during a replay is asked for in earnest now: its outcome may be announced.
            envelope = {name: each for name, each in data["failed_event"].items() if name != "replay-name"}
            errand = Errand(data["stage"], envelope)
            found[data["stage"], canonical_json(errand.envelope)] = errand
    if found:
        return list(found.values())
    facts = {event.detail_type: event for event in log}
    return [
        Errand(stage.name, _envelope(facts[name]))
        for stage in STAGES
        for name in stage.listens
        if name in facts and _is_awaited(stage, item) and not _done(stage.name, present)
    ]


def _stage(name: str) -> Stage | None:
    return next((stage for stage in STAGES if stage.name == name), None)


def _done(stage_name: str, present: set[str]) -> bool:
    """Whether the stage has said its fact since."""
    stage = _stage(stage_name)
    return stage is not None and any(fact in present for fact in stage.emits)


def _is_awaited(stage: Stage, item: Item) -> bool:
    awaited = {name for fact in item["outstanding"] for name in fact.split("|")}
    upstream = stage.name == "validator"
    return any(fact in awaited for fact in stage.emits) or upstream


def _envelope(event: RecordedEvent) -> dict[str, Any]:
    """An event of the log as EventBridge would deliver it, as far as consumers look."""
    return {
        "version": "0",
        "id": event.event_id,
        "source": event.source,
        "detail-type": event.detail_type,
        "time": event.occurred_at,
        "resources": [],
        "detail": event.detail,
    }


class Retrier:
    """Sends errands. A stage that has no inbox here cannot be asked again."""

    def __init__(self, client: Callable[[], SQSClient], inboxes: Mapping[str, str]) -> None:
        self._client = client
        self._inboxes = inboxes

    def send(self, wanted: Sequence[Errand]) -> list[str]:
        """The stages that were asked again."""
        sent = []
        for errand in wanted:
            url = self._inboxes.get(errand.stage)
            if url:
                self._client().send_message(QueueUrl=url, MessageBody=canonical_json(errand.envelope))
                sent.append(errand.stage)
        return sent
