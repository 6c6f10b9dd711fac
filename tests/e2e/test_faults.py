"""Faults injected into the running stack: nothing is lost, the metric rises, the documented fix works."""

from __future__ import annotations

import json
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
    before = measured(pipeline, "Quarantined", "validator")
    functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    try:
        for number in range(20):
            pipeline.client("sqs").send_message(QueueUrl=queue, MessageBody=f"no event {number}")
        assert pipeline.dead_letters()[name] == 20
    finally:
        functions.update_event_source_mapping(UUID=mapping, Enabled=True)
    eventually(
        lambda: measured(pipeline, "Quarantined", "validator") >= before + 20, within=60, what="all are kept"
    )
    assert pipeline.dead_letters()[name] == 0
