"""The fold: the events of an image in, its status item out.

Events in any order, with any duplicates and of any mix of revisions give one identical item.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from imagebus.clock import milliseconds_between
from imagebus.events.catalog import OF_IMAGES, STAGE_NAMED, STAGE_OF
from imagebus.events.failures import is_of_backfill
from imagebus.history.derived import OF_RECIPES, Derived, derived, described, own_recipe
from imagebus.history.recorded import RecordedEvent, latest_revision
from imagebus.history.required import Required, alternatives
from imagebus.identity import canonical_json, image_id, shard

#: A status item, as plain JSON.
Item = dict[str, Any]
Facts = Mapping[str, RecordedEvent]

#: The sort key of the status item, beside the events of its image.
STATUS_SK = "STATUS"


def fold(events: Iterable[RecordedEvent], required: Required) -> Item:
    """The status item of the highest revision among the events, which are all of one image."""
    distinct = latest_revision(events)
    found = derived(distinct)
    facts = _newest(distinct, found)
    counted = _completing(facts, found)
    failures = [event for event in distinct if event.detail_type == "ProcessingFailed"]
    outstanding = required.outstanding(counted)
    status, reason = _status(counted, failures, outstanding)
    first = distinct[0]
    created_at = facts["ImageUploaded"].occurred_at if "ImageUploaded" in facts else first.occurred_at
    item = {
        "image_key": first.image_key,
        "sk": STATUS_SK,
        "status": status,
        "reason": reason,
        "revision": first.revision,
        "version_id": first.meta.get("version_id"),
        "correlation_id": first.meta["correlation_id"],
        "created_at": created_at,
        "updated_at": distinct[-1].occurred_at,
        "outstanding": list(outstanding) if status in ("processing", "failed") else [],
        "failures": [_failure(event) for event in failures],
        "stages": _stages(distinct, facts),
        "events": len(distinct),
        "log_digest": digest(distinct),
        "list_shard": shard(first.image_key),
        "status_shard": f"{status}#{shard(first.image_key)}",
        "listed_at": f"{created_at}#{image_id(first.image_key)}",
        **_described(facts),
        **described(found),
    }
    return {name: _plain(value) for name, value in item.items() if value is not None}


def newest_facts(distinct: Sequence[RecordedEvent]) -> dict[str, RecordedEvent]:
    """One event of each type. Of several recipes' facts, those of the recipe that the image was made by."""
    return _newest(distinct, derived(distinct))


def _newest(distinct: Sequence[RecordedEvent], found: Derived) -> dict[str, RecordedEvent]:
    main = dict(found.by_recipe.get(found.main, {}))
    ended = {fact for name in main for fact in STAGE_OF[name].emits}
    return {event.detail_type: event for event in distinct if event.detail_type not in ended} | main


def of_own_recipe(distinct: Sequence[RecordedEvent]) -> dict[str, RecordedEvent]:
    """One event of each type; of derived images only what the recipe of the upload made."""
    others = {event.detail_type: event for event in distinct if event.detail_type not in OF_RECIPES}
    return others | dict(derived(distinct).by_recipe.get(own_recipe(distinct), {}))


def _completing(facts: Facts, found: Derived) -> dict[str, RecordedEvent]:
    others = OF_RECIPES - found.by_recipe.get(found.main, {}).keys()
    return {name: fact for name, fact in facts.items() if name not in others}


def digest(distinct: Sequence[RecordedEvent]) -> str:
    """Identifies the set of events that an item was folded from. Equal digests mean equal items."""
    return hashlib.sha256("\n".join(event.canonical for event in distinct).encode()).hexdigest()


def _status(
    facts: Facts, failures: Sequence[RecordedEvent], outstanding: Sequence[str]
) -> tuple[str, str | None]:
    if "ImageDeleted" in facts:
        return "deleted", None
    if "ImageProcessed" in facts:
        return "completed", None
    if "ImageRejected" in facts:
        return "rejected", _data(facts["ImageRejected"])["code"]
    for failure in failures:
        data = _data(failure)
        if not is_of_backfill(data) and _blocks(data["stage"], facts, outstanding):
            return "failed", f"{data['stage']}: {data['error_type']}"
    if outstanding and "ProcessingStalled" in facts:
        return "failed", "stalled"
    return "processing", None


def _blocks(stage_name: str, facts: Facts, outstanding: Sequence[str]) -> bool:
    """Whether a stage's failure blocks a required fact: its own, or one that would follow from it."""
    stage = STAGE_NAMED.get(stage_name)
    if stage is None or any(fact in facts for fact in stage.emits):
        return False
    upstream = stage_name in ("ingest", "validator")
    return upstream or not alternatives(outstanding).isdisjoint(stage.emits)


def _failure(event: RecordedEvent) -> Item:
    data = _data(event)
    kept = ("stage", "error_type", "message", "attempts")
    return {"event_id": event.event_id, "at": event.occurred_at} | {name: data[name] for name in kept}


def _stages(distinct: Sequence[RecordedEvent], facts: Facts) -> dict[str, Item]:
    """Per stage: when its fact occurred, and the milliseconds since the event that caused it."""
    by_id = {event.event_id: event for event in distinct}
    stages: dict[str, Item] = {}
    for event in distinct:
        stage = STAGE_OF.get(event.detail_type)
        if stage is None or facts.get(event.detail_type) is not event:
            continue
        entry: Item = {"at": event.occurred_at, "event": event.detail_type}
        cause = by_id.get(event.meta.get("causation_id", ""))
        if cause is not None:
            entry["ms"] = milliseconds_between(cause.occurred_at, event.occurred_at)
        billed = event.meta.get("usage", {}).get("billed_ms")
        if billed:
            entry["billed_ms"] = billed
        stages[stage.name] = entry
    return stages


def _described(facts: Facts) -> Item:
    """What the facts say about the image, under the names that users expect."""
    item: Item = {}
    if uploaded := facts.get("ImageUploaded"):
        data = _data(uploaded)
        item |= {"bucket": data["bucket"], "size": data["size"], "etag": data["etag"]}
    if validated := facts.get("ImageValidated"):
        data = _data(validated)
        names = ("format", "mime", "width", "height", "mode", "has_alpha", "frames", "orientation", "sha256")
        item |= {name: data[name] for name in names}
        item |= {name: data[name] for name in ("user_metadata",) if data.get(name)}
    if rejected := facts.get("ImageRejected"):
        item["rejection"] = _data(rejected)
    if metadata := facts.get("MetadataExtracted"):
        item["metadata"] = _data(metadata)
    if detected := facts.get("LabelsDetected"):
        item["labels"] = _data(detected)
    elif skipped := facts.get("LabelsSkipped"):
        item["labels_skipped"] = _data(skipped)["reason"]
    if processed := facts.get("ImageProcessed"):
        item |= {"completed_at": processed.occurred_at, "duration_ms": _data(processed)["duration_ms"]}
    return item


def _data(event: RecordedEvent) -> dict[str, Any]:
    """The event's data in its newest version."""
    return OF_IMAGES[event.detail_type].upcast(event.detail["data"], event.meta["schema_version"])


def _plain(value: Any) -> Any:
    """The value as DynamoDB returns it: whole numbers are integers."""
    if isinstance(value, str):  # most are, and to find out that it is not a mapping takes ten times as long
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def canonical(item: Mapping[str, Any]) -> str:
    """The same text for equal items, to compare a stored item with its fold."""
    return canonical_json(_plain(item))
