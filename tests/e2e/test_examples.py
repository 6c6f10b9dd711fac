"""The examples, each in its own stack beside the running pipeline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import websocket

from tests.e2e.api_client import Client
from tests.e2e.consumers import Deployed, deployed
from tests.e2e.harness import Pipeline, eventually, jpeg
from tests.e2e.test_new_consumer import replay

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def tags(pipeline: Pipeline, key: str) -> dict[str, str]:
    found = pipeline.client("s3").get_object_tagging(Bucket=pipeline.outputs["UploadsBucketName"], Key=key)
    return {tag["Key"]: tag["Value"] for tag in found["TagSet"]}


def wait_tagged(pipeline: Pipeline, key: str) -> None:
    eventually(lambda: "imagebus-status" in tags(pipeline, key), within=30, what=f"{key} is tagged")


def test_the_tagger_tags_originals_with_their_outcome(pipeline: Pipeline) -> None:
    bucket = pipeline.outputs["UploadsBucketName"]
    with deployed(pipeline, EXAMPLES / "tagger", f"UploadsBucketName={bucket}"):
        good = pipeline.upload(pipeline.key("good+1.jpg"), jpeg())
        bad = pipeline.upload(pipeline.key("bad.jpg"), b"no image")
        pipeline.wait(good, "completed")
        rejected = pipeline.wait(bad, "rejected")
        for key in (good, bad):
            wait_tagged(pipeline, key)
        # The recorder may announce an image twice; the log and the tag both keep the earlier time.
        pipeline.settled()
        completed = pipeline.status(good)
        eventually(
            lambda: tags(pipeline, good)["imagebus-processed-at"] == completed["completed_at"],
            within=30,
            what="the first announcement counts",
        )
        told = tags(pipeline, good)
        assert told["imagebus-status"] == "completed"
        assert told["imagebus-format"] == "JPEG"
        assert told["imagebus-revision"] == completed["revision"]
        assert tags(pipeline, bad)["imagebus-reason"] == rejected["reason"]


def test_analytics_gets_the_history_by_a_replay(pipeline: Pipeline) -> None:
    """The upload happened before the stack existed, so its rows come from the archive."""
    started = datetime.now(UTC) - timedelta(seconds=2)  # an archived event's time is cut to its second
    key = pipeline.upload(pipeline.key(), jpeg("olive"))
    pipeline.wait(key, "completed")
    s3 = pipeline.client("s3")
    with deployed(pipeline, EXAMPLES / "analytics") as analytics:
        rows = analytics.outputs["RowsBucketName"]

        def written() -> dict[str, dict[str, Any]]:
            keys = [item["Key"] for item in s3.list_objects_v2(Bucket=rows).get("Contents", [])]
            lines = (json.loads(s3.get_object(Bucket=rows, Key=each)["Body"].read()) for each in keys)
            return {line["detail_type"]: line for line in lines if line["image_key"] == key}

        assert written() == {}
        replay(pipeline, analytics.outputs["RuleArn"], started)
        found = eventually(
            lambda: rows_now if "ImageProcessed" in (rows_now := written()) else None,
            within=90,
            what="the rows of the history, to its last event",
        )
        # The recorder may announce an image twice: of the two, the row is that of the one delivered last.
        announced = [
            event["detail"]["data"]["duration_ms"]
            for event in pipeline.delivered(key)
            if event["detail-type"] == "ImageProcessed"
        ]
        assert json.loads(found["ImageProcessed"]["data"])["duration_ms"] in announced
        table = pipeline.client("glue").get_table(DatabaseName="imagebus", Name="events")["Table"]
        columns = {column["Name"] for column in table["StorageDescriptor"]["Columns"]}
        assert columns == set(found["ImageProcessed"])
    s3.delete_objects(
        Bucket=rows,
        Delete={
            "Objects": [{"Key": item["Key"]} for item in s3.list_objects_v2(Bucket=rows).get("Contents", [])]
        },
    )
    s3.delete_bucket(Bucket=rows)


class Page:
    """A page that is connected, and what it has heard."""

    def __init__(self, url: str) -> None:
        self.socket = websocket.create_connection(url, timeout=60)
        self.heard: list[dict[str, Any]] = []

    def hear(self, key: str, status: str) -> dict[str, Any]:
        """The message that says so, which may have come already."""
        while True:
            for message in self.heard:
                if (message["key"], message.get("status")) == (key, status):
                    return message
            self.heard.append(json.loads(self.socket.recv()))


@contextmanager
def connected(url: str) -> Iterator[Page]:
    page = Page(url)
    try:
        yield page
    finally:
        page.socket.close()


def set_live_api(pipeline: Pipeline, value: str) -> None:
    """As `imagebus local up --parameter` does, without building the functions again."""
    cloudformation, stack = pipeline.client("cloudformation"), pipeline.target.stack
    (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    names = [each["ParameterKey"] for each in found["Parameters"] if each["ParameterKey"] != "LiveApi"]
    cloudformation.update_stack(
        StackName=stack,
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": "LiveApi", "ParameterValue": value},
            *({"ParameterKey": name, "UsePreviousValue": True} for name in names),
        ],
        Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    waiter = cloudformation.get_waiter("stack_update_complete")
    waiter.wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 600})


@contextmanager
def live_deployed(pipeline: Pipeline) -> Iterator[Deployed]:
    """The example, and the parameter of the pipeline that leads to it."""
    with deployed(pipeline, EXAMPLES / "live") as live:
        try:
            set_live_api(pipeline, live.outputs["LiveApi"])
            yield live
        finally:
            set_live_api(pipeline, "")


def test_live_tells_every_connected_page_and_forgets_those_that_left(pipeline: Pipeline) -> None:
    with live_deployed(pipeline) as live:
        dynamodb, table = pipeline.client("dynamodb"), live.outputs["ConnectionsTableName"]

        def known() -> list[dict[str, Any]]:
            items: list[dict[str, Any]] = dynamodb.scan(TableName=table, ConsistentRead=True)["Items"]
            return items

        url = Client(pipeline)("GET", "live").json()["url"]
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            websocket.create_connection(url.partition("?")[0], timeout=60)
        with connected(url) as one, connected(url) as other:
            gone = {"id": {"S": "R0oXAdfD0kwCH6w="}, "opened": {"N": "0"}, "expires": {"N": "7200"}}
            dynamodb.put_item(TableName=table, Item=gone)
            good = pipeline.upload(pipeline.key(), jpeg())
            bad = pipeline.upload(pipeline.key("bad.jpg"), b"no image")
            for page in (one, other):
                page.socket.send("{}")  # as the page does, so that the connection is not idle
                assert page.hear(good, "processing")["updated_at"]
            told = one.hear(good, "completed")
            assert told["revision"] == pipeline.wait(good, "completed")["revision"]
            assert other.hear(bad, "rejected")["revision"] == pipeline.wait(bad, "rejected")["revision"]
            assert len(known()) == 2
        eventually(lambda: known() == [], within=30, what="both have left")
