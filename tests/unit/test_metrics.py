"""Metrics are one line of JSON that CloudWatch understands, and no log contains personal data."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from imagebus.events.catalog import OF_IMAGES
from imagebus.history.recorded import RecordedEvent
from imagebus.identity import image_id
from imagebus.inbox import Inbox
from imagebus.metrics import Measurement, document, emit
from imagebus.telemetry import logger, set_log_context
from recorder.measure import measure, measurements
from tests.models import operations
from tests.unit.core.events import promoted

ROOT = Path(__file__).parents[2]


def recorded(detail_type: str, data: dict[str, Any] | None = None, **meta: Any) -> RecordedEvent:
    at = meta.pop("at", "2026-01-01T00:00:00.000Z")
    known = {"event_id": detail_type, "correlation_id": "c", "occurred_at": at, "image_key": "k"}
    return RecordedEvent("imagebus.x", detail_type, {"meta": {**known, **meta}, "data": data or {}})


def metrics(line: dict[str, Any]) -> dict[str, list[list[str]]]:
    return {
        metric["Name"]: directive["Dimensions"]
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }


def test_essential_metrics_have_no_dimension_but_the_bus() -> None:
    rejected = recorded("ImageRejected", {"code": "corrupt"})
    line = document(measurements(rejected, None), {}, bus="b", detail="essential", at_ms=1)
    assert metrics(line) == {"Rejected": [["bus"]]}
    assert line["code"] == "corrupt"
    assert line["event"] == "ImageRejected"


def test_all_metrics_are_broken_down_by_event_stage_and_code() -> None:
    cause = recorded("ImageUploaded")
    rejected = recorded("ImageRejected", {"code": "corrupt"}, at="2026-01-01T00:00:01.500Z")
    line = document(measurements(rejected, cause), {}, bus="b", detail="all", at_ms=1)
    assert metrics(line) == {
        "Events": [["bus", "event"]],
        "Rejected": [["bus"]],
        "Rejections": [["bus", "code"]],
        "StageLatency": [["bus", "stage"]],
    }
    assert (line["stage"], line["StageLatency"]) == ("validator", 1500)


def test_every_dimension_and_metric_of_a_line_has_its_value_in_it() -> None:
    usage = {"billed_ms": 1000, "memory_mb": 2048}
    events = [
        recorded("ImageProcessed", {"duration_ms": 900}),
        recorded("ThumbnailsCreated", usage=usage),
        recorded("ProcessingStalled"),
    ]
    for event in events:
        line = document(measurements(event, events[0]), {}, bus="b", detail="all", at_ms=1)
        for name, sets in metrics(line).items():
            assert isinstance(line[name], int | float)
            assert all(isinstance(line[dimension], str) for one in sets for dimension in one)


def test_a_backfill_costs_but_no_upload_waits_for_it_and_none_has_failed() -> None:
    request = recorded("DerivationRequested")
    usage = {"billed_ms": 1000, "memory_mb": 2048}
    fact = recorded("ThumbnailsCreated", at="2026-01-02T00:00:00.000Z", usage=usage)
    failed = recorded("ProcessingFailed", {"failed_event": {"detail-type": "DerivationRequested"}})
    live = recorded("ProcessingFailed", {"failed_event": {"detail-type": "ImageValidated"}})
    assert {each.name for each in measurements(fact, request)} == {"Events", "BilledGBSeconds"}
    assert {each.name for each in measurements(failed, request)} == {"Events"}
    assert {each.name for each in measurements(live, None)} == {"Events", "Failed"}


def test_an_image_that_is_complete_says_how_long_it_took_and_belongs_to_no_stage() -> None:
    found = measurements(recorded("ImageProcessed", {"duration_ms": 900}), recorded("ImageUploaded"))
    assert {each.name: each.value for each in found} == {"Events": 1, "Completed": 1, "ImageLatency": 900}


def test_a_stage_of_which_the_clock_is_behind_took_no_time_and_what_has_no_data_is_counted() -> None:
    early = recorded("ImageValidated", at="2026-01-01T00:00:00.000Z")
    late = recorded("ImageUploaded", at="2026-01-01T00:00:00.001Z")
    (latency,) = (each for each in measurements(early, late) if each.name == "StageLatency")
    assert latency.value == 0
    assert [each.name for each in measurements(RecordedEvent("shop", "Priced", {"meta": {}}), None)] == [
        "Events"
    ]


@pytest.mark.parametrize("usage", [{}, {"billed_ms": 5000}, {"memory_mb": 5000}], ids=str)
def test_what_says_nothing_of_its_memory_or_its_time_is_not_billed(usage: dict[str, int]) -> None:
    assert "BilledGBSeconds" not in {each.name for each in measurements(recorded("X", usage=usage), None)}


def test_dashboard_and_alarms_show_what_is_measured_and_everything_essential_is_shown() -> None:
    template = (ROOT / "monitoring" / "template.yml").read_text(encoding="utf-8")
    shown = set(re.findall(r'\["imagebus","(\w+)"', template))
    data = {"code": "corrupt", "duration_ms": 1, "failed_event": {"detail-type": "ImageValidated"}}
    usage = {"billed_ms": 1000, "memory_mb": 2048}
    found = [each for name in OF_IMAGES for each in measurements(recorded(name, data, usage=usage), None)]
    sources = [
        path.read_text() for folder in ("services", "layers") for path in (ROOT / folder).rglob("*.py")
    ]
    counted = set(re.findall(r'\bcount\("(\w+)"', "\n".join(sources)))
    assert {each.name for each in found if each.essential} <= shown
    assert shown <= {each.name for each in found} | counted


def test_cloudwatch_knows_every_unit() -> None:
    known = operations("cloudwatch")["put_metric_data"].input_shape.members["MetricData"].member  # type: ignore[union-attr]
    events = [
        recorded("ImageProcessed", {"duration_ms": 900}),
        recorded("ThumbnailsCreated", usage={"billed_ms": 1000, "memory_mb": 2048}),
    ]
    units = {each.unit for event in events for each in measurements(event, events[0])}
    assert units == {"Count", "Milliseconds", "Seconds"}
    assert units <= set(known.members["Unit"].enum)


def test_billed_memory_is_in_gigabyte_seconds() -> None:
    (billed,) = (
        each.value
        for each in measurements(
            recorded("ImageWatermarked", usage={"billed_ms": 500, "memory_mb": 2048}), None
        )
        if each.name == "BilledGBSeconds"
    )
    assert billed == 1.0
    small = recorded("ImageWatermarked", usage={"billed_ms": 1, "memory_mb": 200})
    assert [each.value for each in measurements(small, None) if each.name == "BilledGBSeconds"] == [0.000195]


def test_a_line_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENT_BUS", "my-bus")
    emit([Measurement("Quarantined", by={"stage": "a\nb"})])
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out)["bus"] == "my-bus"


def test_a_measured_event_does_not_name_its_image(capsys: pytest.CaptureFixture[str]) -> None:
    measure([recorded("ImageUploaded", image_key="CANARY")], [])
    assert "CANARY" not in capsys.readouterr().out


def batch(body: str = "no event") -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": "m",
                "receiptHandle": "h",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1"},
                "eventSourceARN": "arn",
            }
        ]
    }


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv(
        "POWERTOOLS_SERVICE_NAME", uuid.uuid4().hex
    )  # a logger that writes to this test's stdout
    logger.cache_clear()
    yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    logger.cache_clear()


def test_a_failure_is_logged_without_its_own_words(lines: Any) -> None:
    def fail(_group: object) -> None:
        raise OSError("arn:aws:s3:::uploads/CANARY is not yours")

    assert Inbox(fail)(batch())["batchItemFailures"]
    (warned, metric) = lines()
    assert "CANARY" not in json.dumps(warned)
    assert warned["exception"].endswith("OSError")
    assert "in fail" in warned["exception"] or " fail" in warned["exception"]
    assert metric["FailedAttempts"] == 1


def test_a_line_never_names_the_image_of_the_message_before(lines: Any) -> None:
    set_log_context(_meta("first.jpg"))
    logger().info("handled")

    def fail(_group: object) -> None:
        raise OSError

    Inbox(fail)(batch())
    handled, warned, _ = lines()
    assert handled["image_id"] == image_id("first.jpg")
    assert "image_id" not in warned
    assert "correlation_id" not in warned


def test_a_line_about_the_stack_names_no_image(lines: Any) -> None:
    set_log_context(_meta("first.jpg"))
    set_log_context(promoted().meta)
    logger().info("handled")
    (handled,) = lines()
    assert not {"image_id", "revision", "correlation_id"} & set(handled)


def _meta(key: str) -> Any:
    from imagebus.events import Meta

    event_id = "0" * 8 + "-0000-0000-0000-" + "0" * 12
    return Meta(
        event_id=event_id,
        schema_version=1,
        image_key=key,
        revision="0" * 32,
        correlation_id=event_id,
        occurred_at="2026-01-01T00:00:00.000Z",
        producer="test",
    )
