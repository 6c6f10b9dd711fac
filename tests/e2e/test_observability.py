"""What operators see: logs that name images only by their id, metrics, and alarms that reach a subscriber."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from imagebus.identity import image_id
from tests.e2e.harness import Pipeline, eventually, jpeg
from tests.e2e.test_failures import without_permission

CANARY = "Zanzibar"
pytestmark = pytest.mark.e2e


def lines(pipeline: Pipeline) -> Iterator[tuple[str, str]]:
    """Every line of every function's log."""
    logs, prefix = pipeline.client("logs"), f"/aws/lambda/{pipeline.target.stack}/"
    for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        for page in pages:
            for event in page["events"]:
                for line in event["message"].splitlines():
                    yield group["logGroupName"], line


def about(pipeline: Pipeline, key: str) -> list[dict[str, Any]]:
    wanted = image_id(key)
    return [json.loads(line) for _, line in lines(pipeline) if wanted in line and line.startswith("{")]


@pytest.mark.embedded("it takes permissions away")
def test_what_is_personal_is_in_no_log(pipeline: Pipeline) -> None:
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = exif[0x8298] = f"{CANARY} photographed"
    private = jpeg(exif=exif)
    good = pipeline.upload(pipeline.key(f"{CANARY}.jpg"), private)
    bad = pipeline.upload(pipeline.key(f"{CANARY}-cut.jpg"), private[:400])
    detail = {"meta": {"image_key": CANARY}}
    poison = json.dumps({"detail": detail, "source": "x", "detail-type": "ImageUploaded"})
    pipeline.client("sqs").send_message(QueueUrl=pipeline.resource("ThumbnailerInbox"), MessageBody=poison)
    pipeline.wait(good, "completed")
    pipeline.wait(bad, "rejected")
    # Without this permission, AWS itself puts the key into its AccessDenied message.
    denied = pipeline.key(f"{CANARY}-denied.jpg")
    with without_permission(pipeline, "ThumbnailerRole", "ReadUploads"):
        pipeline.upload(denied, private)
        eventually(
            lambda: [line for line in about(pipeline, denied) if line.get("message") == "not handled"],
            within=60,
            what="the thumbnailer could not read",
        )
    pipeline.wait(denied, "completed")
    assert [found for found in lines(pipeline) if CANARY in found[1]] == []
    assert any(image_id(good) in line for _, line in lines(pipeline))


def test_a_line_that_names_an_image_also_names_its_correlation(pipeline: Pipeline) -> None:
    key = pipeline.upload(pipeline.key(), jpeg())
    pipeline.wait(key, "completed")
    correlation = pipeline.status(key)["correlation_id"]
    services = {"ingest", "validator", "thumbnailer", "watermarker", "recorder"}

    def written() -> list[dict[str, Any]] | None:
        """A function's lines appear when its invocation ends, which may be after the image is completed."""
        found = about(pipeline, key)
        return found if services <= {line["service"] for line in found} else None

    found = eventually(written, within=20, what="each service has logged")
    assert {line["correlation_id"] for line in found} == {correlation}


def test_every_event_is_measured_with_its_stage_and_latency(pipeline: Pipeline) -> None:
    key = pipeline.upload(pipeline.key(), jpeg())
    correlation = pipeline.wait(key, "completed")["correlation_id"]

    def measured() -> dict[str, dict[str, Any]]:
        found = [json.loads(line) for _, line in lines(pipeline) if correlation in line and "_aws" in line]
        return {line["event"]: line for line in found}

    events = {"ImageUploaded", "ThumbnailsCreated", "ImageProcessed"}
    found = eventually(
        lambda: seen if events <= (seen := measured()).keys() else None, within=30, what="measured"
    )
    assert found["ImageUploaded"]["Uploads"] == 1
    assert found["ImageProcessed"]["Completed"] == 1
    assert found["ImageProcessed"]["ImageLatency"] > 0
    assert found["ThumbnailsCreated"]["stage"] == "thumbnailer"
    assert found["ThumbnailsCreated"]["StageLatency"] > 0
    assert found["ThumbnailsCreated"]["BilledGBSeconds"] > 0


def test_alarms_and_dashboard_are_deployed_and_alarms_have_somebody_to_tell(pipeline: Pipeline) -> None:
    watch = pipeline.client("cloudwatch")
    stack = pipeline.target.stack
    alarms = watch.describe_alarms(AlarmNamePrefix=stack, MaxRecords=100)["MetricAlarms"]
    topic = pipeline.outputs["AlarmTopicArn"]
    assert {
        *(f"{stack}-{name}" for name in ("dead-letters", "stalled", "errors")),
        *(f"{stack}_{name}" for name in ("recorder_inbox_age", "ingest_lost_events")),
    } <= {alarm["AlarmName"] for alarm in alarms}
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(topic,)}
    name = f"{stack}-{watch.meta.region_name}"
    board = json.loads(watch.get_dashboard(DashboardName=name)["DashboardBody"])
    assert "${" not in json.dumps(board)
