"""Faults injected into the running stack: nothing is lost, the metric rises, the documented fix works."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.e2e.harness import Pipeline, eventually, jpeg
from tests.e2e.test_failures import without_permission
from tests.e2e.test_observability import lines

pytestmark = pytest.mark.embedded("it takes permissions away and disables pollers")


def measured(pipeline: Pipeline, metric: str, stage: str) -> int:
    """How often the stage has emitted the metric so far."""
    found = [json.loads(line) for _, line in lines(pipeline) if f'"{metric}"' in line and '"_aws"' in line]
    return sum(line.get("stage") == stage for line in found)


def quarantined(pipeline: Pipeline, stage: str) -> set[str]:
    """The messages of the stage that are kept in quarantine."""
    s3, bucket = pipeline.client("s3"), pipeline.outputs["QuarantineBucketName"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{stage}/")
    keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
    return {json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())["body"] for key in keys}


def test_a_table_that_refuses_loses_nothing_and_shows(pipeline: Pipeline) -> None:
    before = measured(pipeline, "FailedAttempts", "recorder")
    with without_permission(pipeline, "RecorderRole", "LogAndFold"):
        key = pipeline.upload(pipeline.key("refused.jpg"), jpeg())
        eventually(
            lambda: measured(pipeline, "FailedAttempts", "recorder") > before,
            within=60,
            what="failed attempts",
        )
        assert pipeline.status(key) == {}
    assert pipeline.wait(key, "completed", within=90)["outstanding"] == []


def test_dead_letters_wait_while_nobody_can_take_them(pipeline: Pipeline) -> None:
    functions = pipeline.client("lambda")
    mappings: list[dict[str, Any]] = functions.list_event_source_mappings(
        FunctionName=pipeline.resource("FailuresFunction")
    )["EventSourceMappings"]
    queue = pipeline.resource("ValidatorDeadLetters")
    name = queue.rsplit("/", 1)[1]
    (mapping,) = [each["UUID"] for each in mappings if each["EventSourceArn"].endswith(name)]
    sent = {f"no event {number} {uuid.uuid4()}" for number in range(20)}
    functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    try:
        for body in sent:
            pipeline.client("sqs").send_message(QueueUrl=queue, MessageBody=body)
        assert pipeline.dead_letters()[name] == 20
    finally:
        functions.update_event_source_mapping(UUID=mapping, Enabled=True)
    eventually(lambda: sent <= quarantined(pipeline, "validator"), within=60, what="all are kept")
    eventually(lambda: pipeline.dead_letters()[name] == 0, within=60, what="no dead letter is left")
