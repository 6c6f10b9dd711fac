"""Status items and events as the API and the command show them: without buckets, derived keys and the fields
that only the table needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict

from imagebus.clock import milliseconds_between, timestamp
from imagebus.events.catalog import STAGE_OF
from imagebus.history import timeline as tree
from imagebus.history.derived import Shown, shown
from imagebus.history.fold import Item
from imagebus.history.recorded import RecordedEvent
from imagebus.recipes.model import Active

NOTHING_PROMOTED = Active()

Status = Literal["processing", "completed", "rejected", "failed", "deleted"]
STATUSES: tuple[Status, ...] = get_args(Status)


class View(BaseModel):
    model_config = ConfigDict(frozen=True)

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_none=True, by_alias=True)


class Failure(View):
    event_id: str
    at: str
    stage: str
    error_type: str
    message: str
    attempts: int


class Thumbnail(View):
    name: str
    width: int
    height: int
    format: str
    bytes: int


class StageTime(View):
    """When a stage's fact occurred, and the milliseconds since the event that caused it."""

    at: str
    event: str
    ms: int | None = None
    billed_ms: int | None = None


class Watermarked(View):
    width: int
    height: int
    format: str
    bytes: int


class Summary(View):
    """One image of the list. Sizes are bytes."""

    key: str
    status: Status
    reason: str | None = None
    created_at: str
    updated_at: str
    size: int | None = None
    processed_size: int | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    thumbhash: str | None = None


class Details(Summary):
    """Everything known about an image."""

    revision: str | None = None
    version_id: str | None = None
    correlation_id: str | None = None
    completed_at: str | None = None
    duration_ms: int | None = None
    mime: str | None = None
    frames: int | None = None
    sha256: str | None = None
    user_metadata: dict[str, str] | None = None
    still: bool | None = None
    outstanding: list[str] = []
    failures: list[Failure] = []
    stages: dict[str, StageTime] = {}
    rejection: dict[str, Any] | None = None
    #: The recipe that made what is shown. Older variants are shown until all that the active set wants exist.
    recipe: str | None = None
    outdated: bool | None = None
    thumbnails: list[Thumbnail] = []
    watermarked: Watermarked | None = None
    metadata: dict[str, Any] | None = None
    labels: dict[str, Any] | None = None
    labels_skipped: str | None = None


class TimelineEvent(View):
    """`ms`: since the event that caused it; `offset_ms`: since the first one."""

    event_id: str
    type: str
    source: str
    stage: str | None = None
    occurred_at: str
    offset_ms: int
    caused_by: str | None = None
    ms: int | None = None
    usage: dict[str, int] = {}
    data: dict[str, Any] = {}


class Timeline(View):
    key: str
    revision: str
    correlation_id: str
    duration_ms: int
    events: list[TimelineEvent]


def pending(key: str, size: int, modified: datetime) -> Item:
    """The status item of an upload that no event has reported yet: it is a moment old."""
    at = timestamp(modified)
    return {"image_key": key, "status": "processing", "created_at": at, "updated_at": at, "size": size}


def summary(item: Item, active: Active = NOTHING_PROMOTED) -> Summary:
    return Summary(**_shared(item, shown(item, active)))


def details(item: Item, active: Active = NOTHING_PROMOTED) -> Details:
    """The derived images are those that readers see while these sets are active."""
    found = shown(item, active)
    fields = {name: item[name] for name in Details.model_fields if name in item} | {
        "recipe": found.recipe,
        "outdated": found.outdated or None,
        "still": found.still,
        "failures": [each for each in item.get("failures", ()) if not _is_overcome(each, item)],
        "thumbnails": [Thumbnail(**_only(Thumbnail, each)) for each in found.thumbnails],
        "watermarked": Watermarked(**_only(Watermarked, found.watermarked)) if found.watermarked else None,
    }
    return Details(**fields | _shared(item, found))


def _is_overcome(failure: Item, item: Item) -> bool:
    """Whether the stage has done its work since. What notifier and cleaner did is in no log."""
    stage = failure["stage"]
    done = (
        item.get("completed_at") if stage == "recorder" else item.get("stages", {}).get(stage, {}).get("at")
    )
    return bool(done and done > failure["at"])


def _shared(item: Item, found: Shown) -> dict[str, Any]:
    """The fields of a summary, and so of the details."""
    return {name: item[name] for name in Summary.model_fields if name in item} | {
        "key": item["image_key"],
        "processed_size": found.watermarked["bytes"] if found.watermarked else None,
        "thumbhash": item.get("metadata", {}).get("thumbhash"),
    }


def _only(model: type[View], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in model.model_fields}


def timeline(events: Sequence[RecordedEvent]) -> Timeline:
    """The events of one revision in the order in which they occurred. `events` is not empty."""
    moments = tree.in_order_of_time(tree.timeline(events))
    first, last = moments[0].event, moments[-1].event
    return Timeline(
        key=first.image_key,
        revision=first.revision,
        correlation_id=first.meta["correlation_id"],
        duration_ms=milliseconds_between(first.occurred_at, last.occurred_at),
        events=[_event(moment) for moment in moments],
    )


def _event(moment: tree.Moment) -> TimelineEvent:
    event, cause = moment.event, moment.cause
    data = event.detail.get("data", {})
    stage = STAGE_OF.get(event.detail_type)
    fields = {name: value for name, value in data.items() if name not in ("failed_event", "etag")}
    return TimelineEvent(
        event_id=event.event_id,
        type=event.detail_type,
        source=event.source,
        stage=stage.name if stage else data.get("stage"),
        occurred_at=event.occurred_at,
        offset_ms=moment.end_ms,
        caused_by=cause.event_id if cause else None,
        ms=moment.own_ms if cause else None,
        usage=event.meta.get("usage", {}),
        data=_without_places(fields),
    )


def _without_places(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_places(each) for name, each in value.items() if name not in ("bucket", "key")}
    if isinstance(value, list):
        return [_without_places(each) for each in value]
    return value
