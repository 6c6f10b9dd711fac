"""analytics, tested with the pipeline's golden events: examples of what the bus delivers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from analytics.handler import handle, receive
from analytics.rows import key_of, row
from moto import mock_aws

from imagebus import aws
from imagebus.events.catalog import parse
from imagebus.inbox import Inbox, one_by_one
from imagebus.testing import sqs_record
from imagebus.testing.consumer import ConsumerKit

HERE = Path(__file__).parent
EVENTS = {path.stem: json.loads(path.read_text("utf-8")) for path in (HERE / "events").iterdir()}
BUCKET = "rows"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("ROWS_BUCKET", BUCKET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    aws.client.cache_clear()
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client
    aws.client.cache_clear()


def delivered(envelope: dict[str, Any]) -> dict[str, Any]:
    """The function's response to this event from its inbox."""
    return Inbox(one_by_one(receive))({"Records": [sqs_record(json.dumps(envelope))]})


def written(s3: Any) -> dict[str, dict[str, Any]]:
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return {key: json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()) for key in keys}


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_that_the_rule_lets_through_becomes_one_row(s3: Any, name: str) -> None:
    assert delivered(EVENTS[name]) == {"batchItemFailures": []}
    meta = EVENTS[name]["detail"]["meta"]
    day = meta["occurred_at"][:10]
    ((key, line),) = written(s3).items()
    assert key == f"events/type={EVENTS[name]['detail-type']}/day={day}/{meta['event_id']}.json"
    assert line["image_key"] == meta["image_key"]


def test_an_event_that_was_not_subscribed_to_is_refused() -> None:
    stranger = {"source": "somebody.else", "detail-type": "SomethingElse", "detail": {}}
    assert delivered(stranger) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_the_history_again_in_any_order_leaves_the_same_rows(s3: Any) -> None:
    for envelope in EVENTS.values():
        delivered(envelope)
    first = written(s3)
    for envelope in reversed(EVENTS.values()):
        delivered({**envelope, "replay-name": "again", "id": "another"})
    assert written(s3) == first


def test_old_and_new_versions_of_an_event_make_rows_of_one_shape() -> None:
    shapes = []
    for name in ("LabelsDetected", "LabelsDetected@v2"):
        data = json.loads(row(parse("LabelsDetected", EVENTS[name]["detail"]))["data"])
        shapes.append({"labels", "model_versions"} <= set(data))
    assert shapes == [True, True]


def test_the_columns_are_those_of_the_table() -> None:
    class Loader(yaml.SafeLoader):
        """Ignores CloudFormation's short forms."""

    Loader.add_multi_constructor("!", lambda *_: None)
    template = yaml.load((HERE.parent / "template.yml").read_text("utf-8"), Loader)
    columns = template["Resources"]["Table"]["Properties"]["TableInput"]["StorageDescriptor"]["Columns"]
    sample = row(parse("ImageProcessed", EVENTS["ImageProcessed"]["detail"]))
    assert {column["Name"]: column["Type"] for column in columns} == {
        name: "string" if isinstance(value, str) else "bigint" for name, value in sample.items()
    }


def test_the_row_of_an_event_about_the_stack_names_no_image() -> None:
    detail = {
        "meta": {
            "event_id": "2c6f0e2a-1b1c-5a55-9c66-0d8c1b6d5f11",
            "schema_version": 1,
            "occurred_at": "2026-11-27T10:02:11.480Z",
            "producer": "operator",
        },
        "data": {"number": 1, "to_set": "0c9f3a7d52e1", "by": "kim"},
    }
    promoted = row(parse("RecipePromoted", detail))
    assert (promoted["image_key"], promoted["revision"], promoted["billed_ms"]) == (None, None, 0)
    assert key_of(promoted).startswith("events/type=RecipePromoted/day=2026-11-27/")


def test_no_order_duplicate_replay_or_poison_changes_the_rows(consumer_kit: ConsumerKit) -> None:
    consumer_kit.check(handle)
