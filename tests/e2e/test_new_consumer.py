"""A new consumer: scaffold, deploy, receive, replay, delete. The pipeline's stack never changes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from imagebus_cli.main import app
from tests.e2e.consumers import deployed
from tests.e2e.harness import Pipeline, eventually, jpeg

EVENTS = "ImageUploaded,ThumbnailsCreated,ImageProcessed"


def scaffold(name: str, into: Path, *options: str) -> Path:
    arguments = ["new-consumer", name, "--on", EVENTS, "--into", str(into), *options]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return into / name


def replay(pipeline: Pipeline, rule_arn: str, since: datetime) -> None:
    """Replays the archive from `since` until now to one rule; returns when the replay has completed."""
    pipeline.wait_archived()
    events = pipeline.client("events")
    name = f"test-{uuid.uuid4().hex[:8]}"
    bus = events.describe_event_bus(Name=pipeline.outputs["EventBusName"])["Arn"]
    archive = events.describe_archive(ArchiveName=pipeline.outputs["ArchiveName"])["ArchiveArn"]
    events.start_replay(
        ReplayName=name,
        EventSourceArn=archive,
        EventStartTime=since,
        EventEndTime=datetime.now(UTC) + timedelta(seconds=1),
        Destination={"Arn": bus, "FilterArns": [rule_arn]},
    )
    eventually(
        lambda: events.describe_replay(ReplayName=name)["State"] == "COMPLETED", within=60, what="the replay"
    )


def stack_of_the_pipeline(pipeline: Pipeline) -> dict[str, Any]:
    """Everything in the pipeline's stack that another stack could change."""
    cloudformation, events = pipeline.client("cloudformation"), pipeline.client("events")
    resources = cloudformation.describe_stack_resources(StackName=pipeline.target.stack)["StackResources"]
    bus = pipeline.outputs["EventBusName"]
    rules = events.list_rules(EventBusName=bus)["Rules"]
    queues = pipeline.client("sqs").list_queues().get("QueueUrls", [])
    return {
        "resources": sorted((each["LogicalResourceId"], each["PhysicalResourceId"]) for each in resources),
        "rules": sorted((rule["Name"], rule["EventPattern"], rule["State"]) for rule in rules),
        "queues": sorted(queues),
    }


def test_a_new_consumer_is_scaffolded_deployed_fed_replayed_to_alone_and_deleted(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    before = stack_of_the_pipeline(pipeline)
    folder = scaffold("history", tmp_path, "--replay-safe")
    started = datetime.now(UTC) - timedelta(seconds=2)  # an archived event carries whole seconds
    with deployed(pipeline, folder) as history:
        key = pipeline.upload(pipeline.key("a+b.jpg"), jpeg())
        pipeline.wait(key, "completed")
        history.wait_received(key, 3)
        pipeline.settled()
        item = pipeline.status(key)  # the recorder may announce an image twice, and the earlier time counts
        live = [line["event"] for line in history.received(key)]  # a delivery may come twice
        assert set(live) == set(EVENTS.split(","))

        delivered = len(pipeline.delivered(key))
        notified = len(pipeline.notifications(key))
        replay(pipeline, history.outputs["RuleArn"], started)
        again = history.wait_received(key, len(live) + 3)
        assert {line["event"] for line in again[len(live) :]} == set(EVENTS.split(","))

        pipeline.settled()
        assert len(pipeline.delivered(key)) == delivered
        assert len(pipeline.notifications(key)) == notified
        assert pipeline.status(key) == item
    assert stack_of_the_pipeline(pipeline) == before
    key = pipeline.upload(pipeline.key(), jpeg("crimson"))
    pipeline.wait(key, "completed")


def test_a_replay_does_not_reach_a_live_only_consumer_even_when_it_is_sent_there(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    folder = scaffold("live", tmp_path, "--live-only")
    started = datetime.now(UTC) - timedelta(seconds=2)  # an archived event carries whole seconds
    with deployed(pipeline, folder) as live:
        key = pipeline.upload(pipeline.key(), jpeg("navy"))
        pipeline.wait(key, "completed")
        live.wait_received(key, 3)
        pipeline.settled()
        before = live.received(key)  # three events, or more: a delivery may come twice
        replay(pipeline, live.outputs["RuleArn"], started)
        pipeline.settled()
        assert live.received(key) == before
