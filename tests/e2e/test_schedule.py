"""Messages that no mapping polls wait for the scheduled run, which handles them as polling would."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imagebus.identity import derived_prefix
from tests.e2e.harness import Pipeline, eventually, jpeg
from tests.e2e.probes import SCHEDULED
from tests.e2e.test_failures import without_permission

pytestmark = pytest.mark.embedded("it disables pollers and takes permissions away")


def come(pipeline: Pipeline, function: str) -> dict[str, Any]:
    answer = pipeline.client("lambda").invoke(
        FunctionName=pipeline.resource(function), Payload=json.dumps(SCHEDULED)
    )
    counts: dict[str, Any] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, counts
    return counts


def test_a_dead_letter_waits_for_the_schedule_and_then_fails_its_image(pipeline: Pipeline) -> None:
    key, queue = pipeline.key("waits.jpg"), pipeline.resource("WatermarkerDeadLetters").rsplit("/", 1)[1]
    pipeline.settled()
    pipeline.wait_no_dead_letters()  # of earlier tests
    with pipeline.unpolled("FailuresFunction"):
        with without_permission(pipeline, "WatermarkerRole", "WriteDerived"):
            pipeline.upload(key, jpeg())
            eventually(lambda: pipeline.dead_letters()[queue] == 1, within=120, what="a dead letter")
            pipeline.settled()
        assert pipeline.status(key)["status"] == "processing"
        assert pipeline.dead_letters()[queue] == 1
        assert come(pipeline, "FailuresFunction") == {"handled": 1, "failed": 0}
        assert not any(pipeline.dead_letters().values())
        assert pipeline.wait(key, "failed")["reason"].startswith("watermarker: ")
        assert come(pipeline, "FailuresFunction") == {"handled": 0, "failed": 0}
    (failed,) = [event for event in pipeline.log(key) if event.detail_type == "ProcessingFailed"]
    assert "AccessDenied" in failed.detail["data"]["message"]


def test_what_the_cleaner_has_to_remove_waits_for_the_schedule(pipeline: Pipeline) -> None:
    key, inbox = pipeline.key("cleaned.jpg"), pipeline.resource("CleanerInbox")
    with pipeline.unpolled("CleanerFunction"):
        pipeline.upload(key, jpeg())
        pipeline.wait(key, "completed")
        pipeline.delete(key)
        pipeline.wait(key, "deleted")
        assert pipeline.derived(derived_prefix(key))

        def come_until_done() -> bool:
            come(pipeline, "CleanerFunction")
            return not pipeline.derived(derived_prefix(key))

        eventually(come_until_done, within=30, what="nothing derived is left")
        left = pipeline.client("sqs").get_queue_attributes(QueueUrl=inbox, AttributeNames=["All"])[
            "Attributes"
        ]
        assert left["ApproximateNumberOfMessages"] == left["ApproximateNumberOfMessagesNotVisible"] == "0"
    assert pipeline.status(key)["status"] == "deleted"
