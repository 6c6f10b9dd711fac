"""LabelsDetected has two versions. A log with both folds to one shape, in any order."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from imagebus.clock import SystemClock
from imagebus.events import NotAnEvent, read
from imagebus.events.analyzer import LabelsDetected
from imagebus.events.catalog import OF_IMAGES
from imagebus.events.recorder import ImageProcessed
from imagebus.history.fold import fold
from imagebus.history.recorded import RecordedEvent
from imagebus.history.required import DEFAULT, Required
from imagebus.store import DynamoDBEventStore
from imagebus.testing.dynamodb import InMemoryDynamoDB, status_table
from imagebus.testing.recording import RecordingBus
from recorder.record import Recorder
from tests.contract.checkout import GOLDEN
from tests.contract.test_agreement import detail_validator
from tests.simulation.earlier import FIRST, first_version
from tests.tables import no_erasures

REQUIRED = Required.parse(DEFAULT)
BY_NAME = {golden.name: golden.envelope for golden in GOLDEN}
OLD = BY_NAME["imagebus.analyzer@LabelsDetected"]
NEW = BY_NAME["imagebus.analyzer@LabelsDetected@v2"]


def recorded(envelope: dict[str, Any]) -> RecordedEvent:
    return RecordedEvent(envelope["source"], envelope["detail-type"], envelope["detail"])


def of_image(key: str) -> list[RecordedEvent]:
    return [recorded(each) for each in BY_NAME.values() if each["detail"]["meta"].get("image_key") == key]


def test_version_1_is_read_as_version_2() -> None:
    event = read(LabelsDetected, OLD["detail"])
    assert event.meta.schema_version == 2
    assert event.data.model_versions == {"labels": OLD["detail"]["data"]["model_version"]}
    assert [label.name for label in event.data.labels] == ["Beach", "Person"]
    assert (event.data.faces, event.data.moderation, event.data.skipped) == (None, None, None)


def test_version_1_without_what_its_schema_requires_is_no_event() -> None:
    detail = {**OLD["detail"], "data": {"labels": []}}
    with pytest.raises(NotAnEvent, match="LabelsDetected breaks version 1 of its contract: 'model_version'"):
        read(LabelsDetected, detail)


def test_a_log_that_holds_both_versions_projects_them_alike() -> None:
    """One image, uploaded twice: its first log is from last year, its second from today."""
    dynamodb = InMemoryDynamoDB({"table": status_table()})
    store = DynamoDBEventStore(dynamodb, "table")  # type: ignore[arg-type]  # the client's fake
    recorder = Recorder(store, RecordingBus(), SystemClock(), REQUIRED, no_erasures())
    key = OLD["detail"]["meta"]["image_key"]
    newer = json.loads(json.dumps(NEW))
    newer["detail"]["meta"] |= {"image_key": key, "revision": "0066A1B2C3D4E80000000000000000ZZ"}
    recorder.record(key, of_image(key), announce=False)
    first = store.status(key) or {}
    recorder.record(key, [recorded(newer)], announce=False)
    second = store.status(key) or {}
    assert {event.meta["schema_version"] for event in store.history(key)} == {1, 2}
    assert first["status"] == "completed"
    assert first["labels"]["model_versions"] == {"labels": "3.0"}
    assert second["labels"]["model_versions"] == {"labels": "3.0", "moderation": "7.0"}
    assert set(first["labels"]) <= set(second["labels"])


def test_the_final_event_names_the_label_that_is_surest() -> None:
    store = DynamoDBEventStore(InMemoryDynamoDB({"table": status_table()}), "table")  # type: ignore[arg-type]
    bus = RecordingBus()
    key = OLD["detail"]["meta"]["image_key"]
    facts = [event for event in of_image(key) if event.detail_type != "ImageProcessed"]
    Recorder(store, bus, SystemClock(), REQUIRED, no_erasures()).record(key, facts, announce=True)
    (final,) = (event.data for event in bus.events if isinstance(event.data, ImageProcessed))
    assert final.top_label == "Beach"
    assert final.counts["labels"] == 2


def test_both_versions_of_one_fact_fold_to_one_item_in_any_order() -> None:
    """A stage ran before and after the version change; the newer fact counts, in any order of arrival."""
    key = OLD["detail"]["meta"]["image_key"]
    newer = json.loads(json.dumps(NEW))
    for name in ("image_key", "revision", "correlation_id", "causation_id"):
        newer["detail"]["meta"][name] = OLD["detail"]["meta"][name]
    events = [recorded(OLD), recorded(newer), recorded(BY_NAME["imagebus.ingest@ImageUploaded"])]
    items = [fold(order, REQUIRED) for order in itertools.permutations(events)]
    assert all(item == items[0] for item in items)
    assert items[0]["image_key"] == key
    assert items[0]["labels"]["model_versions"] == {"labels": "3.0", "moderation": "7.0"}


def test_the_golden_events_of_every_version_fold_image_by_image() -> None:
    metas = [envelope["detail"]["meta"] for envelope in BY_NAME.values()]
    keys = {meta["image_key"] for meta in metas if "image_key" in meta}
    statuses = {key: fold(of_image(key), REQUIRED)["status"] for key in keys}
    assert statuses["holiday/IMG_0042.jpg"] == "completed"
    assert statuses["holiday/IMG_0043.jpg"] == "failed"
    assert statuses["holiday/IMG_0041.jpg"] == "deleted"
    assert statuses["inbox/report+final %2B ünïcode 🖼.png"] == "rejected"
    folded = {event.detail_type for key in keys for event in of_image(key)}
    assert folded == set(OF_IMAGES)


def test_a_format_that_is_optional_is_in_the_status_and_not_in_the_final_event() -> None:
    """`ImageProcessed` is still version 1, whose formats are those that are accepted by default."""
    store = DynamoDBEventStore(InMemoryDynamoDB({"table": status_table()}), "table")  # type: ignore[arg-type]
    bus = RecordingBus()
    validated = json.loads(json.dumps(BY_NAME["imagebus.validator@ImageValidated@v2"]))
    key = OLD["detail"]["meta"]["image_key"]
    validated["detail"]["meta"] |= {"image_key": key, "revision": OLD["detail"]["meta"]["revision"]}
    facts = [
        event for event in of_image(key) if event.detail_type not in ("ImageProcessed", "ImageValidated")
    ]
    Recorder(store, bus, SystemClock(), REQUIRED, no_erasures()).record(
        key, [*facts, recorded(validated)], announce=True
    )
    (final,) = (event.data for event in bus.events if isinstance(event.data, ImageProcessed))
    assert (final.format, final.width) == (None, 3024)
    assert (store.status(key) or {})["format"] == "TIFF"


@pytest.mark.parametrize("kind", FIRST)
def test_the_simulated_earlier_release_publishes_what_its_own_schema_allows(kind: str) -> None:
    name, envelope = next((n, e) for n, e in BY_NAME.items() if n.endswith(f"@{kind}@v2"))
    first = detail_validator(name.removesuffix("@v2"))
    detail = json.loads(json.dumps(envelope["detail"]))
    detail["data"] |= {"format": "JPEG", "mime": "image/jpeg"} if kind == "ImageValidated" else {}
    assert not first.is_valid(detail)
    first.validate(first_version(kind, detail))
