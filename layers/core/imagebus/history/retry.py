"""What to send again for an image: the events that its stages have not answered.

Stages are idempotent. An event that reaches one a second time costs its work and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imagebus.events import NotAnEvent, read
from imagebus.events.catalog import STAGE_NAMED, STAGES
from imagebus.events.envelope import as_live
from imagebus.events.failures import is_of_backfill
from imagebus.events.recipes import DerivationRequested
from imagebus.history.derived import OF_RECIPES, made, recipe_id
from imagebus.history.fold import fold, of_own_recipe
from imagebus.history.recorded import RecordedEvent, latest_revision
from imagebus.history.required import Required, alternatives
from imagebus.identity import canonical_json

Envelope = Mapping[str, Any]
Facts = Mapping[str, RecordedEvent]


@dataclass(frozen=True, slots=True)
class RetryRequest:
    """An EventBridge event, and the stages that have not answered it."""

    envelope: Envelope
    stages: tuple[str, ...]

    @property
    def detail_type(self) -> str:
        return str(self.envelope["detail-type"])


def plan_retry(events: Sequence[RecordedEvent], required: Required) -> list[RetryRequest]:
    """The unanswered failures of the newest revision and, if the image has failed, all outstanding stages.

    Both at once: what notifier and cleaner did is in no log, so their failures stay unanswered, and must not
    keep the other stages from being retried. An image that is still being processed has no outstanding
    stages to retry: they are at work, or the sweeper will soon report that they are not.
    """
    if not events:
        return []
    log = latest_revision(events)
    facts = {event.detail_type: event for event in log}
    if "ImageProcessed" not in facts:
        facts = of_own_recipe(log)
    wanted: dict[str, tuple[Envelope, list[str]]] = {}
    for stage, envelope in [*_unanswered(log, facts), *_outstanding(log, facts, required)]:
        stages = wanted.setdefault(_identity(envelope), (envelope, []))[1]
        if stage not in stages:
            stages.append(stage)
    return [RetryRequest(envelope, tuple(stages)) for envelope, stages in wanted.values()]


def _unanswered(log: Sequence[RecordedEvent], facts: Facts) -> Iterator[tuple[str, Envelope]]:
    logged = {event.event_id: event for event in log}
    for event in log:
        if event.detail_type == "ProcessingFailed":
            stage, failed = event.detail["data"]["stage"], event.detail["data"]["failed_event"]
            # An upload that was validated twice may have been given two recipes. The log has one of them.
            known = logged.get(_identity(failed))
            envelope = {**as_live(failed), "detail": known.detail if known else failed["detail"]}
            if is_of_backfill(event.detail["data"]) and stage != "recorder":
                answered = is_request_answered(log, stage, failed["detail"])
            else:
                answered = _is_answered(stage, envelope, facts, logged)
            if not answered:
                yield stage, envelope


def _is_answered(stage_name: str, envelope: Envelope, facts: Facts, logged: Container[str]) -> bool:
    """Whether the stage has finished its work since. The recorder has if the event is in the log."""
    if stage_name == "recorder":
        return envelope["detail"].get("meta", {}).get("event_id") in logged
    stage = STAGE_NAMED.get(stage_name)
    return stage is not None and any(fact in facts for fact in stage.emits)


def is_request_answered(log: Sequence[RecordedEvent], stage_name: str, request: Mapping[str, Any]) -> bool:
    """Whether the stage has used the recipe of a DerivationRequested on the image since.

    What another recipe has made does not count. A request that came later is as good as this one.
    """
    try:
        asked = read(DerivationRequested, request).data
    except NotAnEvent:
        return False
    emits = OF_RECIPES.intersection(STAGE_NAMED[stage_name].emits if stage_name in STAGE_NAMED else ())
    facts = [event for event in log if event.detail_type in emits]
    return any(recipe_id(fact) == asked.recipe and made(fact)[0] >= asked.generation for fact in facts)


def _outstanding(
    log: Sequence[RecordedEvent], facts: Facts, required: Required
) -> list[tuple[str, Envelope]]:
    """The stages that outstanding facts wait for, in flow order, with what they listen to.

    A stage whose own event is missing waits for the stages before it.
    """
    if fold(log, required)["status"] != "failed":
        return []
    found: list[tuple[str, Envelope]] = []
    awaited = set(alternatives(required.outstanding(facts)))
    for stage in reversed(STAGES):
        if awaited.isdisjoint(stage.emits) or any(fact in facts for fact in stage.emits):
            continue
        causes = [facts[name] for name in stage.listens if name in facts]
        found = [(stage.name, _envelope(cause)) for cause in causes] + found
        if not causes:
            awaited.update(stage.listens)
    return found


def _envelope(event: RecordedEvent) -> Envelope:
    """An event of the log as EventBridge delivers it."""
    bucket = event.detail["data"].get("bucket")
    return {
        "version": "0",
        "id": event.event_id,
        "source": event.source,
        "detail-type": event.detail_type,
        "time": event.occurred_at,
        "resources": [f"arn:aws:s3:::{bucket}/{event.image_key}"] if bucket else [],
        "detail": event.detail,
    }


def _identity(envelope: Envelope) -> str:
    """Identifies the event for a stage, whatever envelope a replay or a second failure put around it."""
    meta = envelope["detail"].get("meta")
    return str(meta["event_id"]) if meta else canonical_json(envelope["detail"])
