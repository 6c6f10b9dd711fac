"""The deployed rules, tested with EventBridge's own TestEventPattern, and what the bus really delivers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from imagebus.events.catalog import BY_DETAIL_TYPE, STAGES
from tests.e2e.harness import Pipeline, eventually, jpeg
from tools.contracts.docs import received_table
from tools.contracts.files import ContractFiles
from tools.contracts.golden import golden_events
from tools.contracts.rules import REPLAYED, Reach, bus_rules, reach
from tools.contracts.schema import schema_name

ROOT = Path(__file__).resolve().parents[2]
FILES = ContractFiles(ROOT)
GOLDEN = list(golden_events(FILES.examples))


def deployed_pattern(pipeline: Pipeline, logical_id: str, *, bus: str | None = None) -> str:
    name = pipeline.resource(logical_id).rsplit("|", 1)[-1].rsplit("/", 1)[-1]
    where = {"EventBusName": bus} if bus else {}
    return str(pipeline.client("events").describe_rule(Name=name, **where)["EventPattern"])


def lets_through(pipeline: Pipeline, pattern: str, event: Mapping[str, Any]) -> bool:
    answer = pipeline.client("events").test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
    return bool(answer["Result"])


def test_who_receives_what_is_what_the_documentation_prints(pipeline: Pipeline) -> None:
    """Every deployed rule against every golden event, live and replayed."""
    bus = pipeline.outputs["EventBusName"]
    table: dict[str, dict[str, Reach]] = {}
    for rule in bus_rules(FILES.template):
        pattern = deployed_pattern(pipeline, rule.name, bus=bus)
        for golden in GOLDEN:
            live = lets_through(pipeline, pattern, golden.envelope)
            again = lets_through(pipeline, pattern, {**golden.envelope, **REPLAYED})
            found = table.setdefault(golden.detail_type, {}).setdefault(rule.consumer, reach(live, again))
            assert found == reach(live, again), (rule.name, golden.name)
    for stage in STAGES:
        if stage.subscribes:
            received = {detail_type for detail_type, row in table.items() if row[stage.name]}
            assert received == set(stage.subscribes), stage.name
    assert received_table(table) in (ROOT / "docs" / "events.md").read_text(encoding="utf-8")


def s3_event(bucket: str, detail_type: str) -> dict[str, Any]:
    """As S3 documents it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html"""
    return {
        "version": "0",
        "id": "2ee9cc15-d022-99ea-1fb8-1b1bac4850f9",
        "detail-type": detail_type,
        "source": "aws.s3",
        "account": "111122223333",
        "time": "2026-11-12T00:00:00Z",
        "region": "eu-west-1",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": "a+b.jpg", "sequencer": "00A1"},
        },
    }


def test_ingest_listens_to_its_own_bucket_and_to_nothing_of_ours(pipeline: Pipeline) -> None:
    pattern = deployed_pattern(pipeline, "IngestRule")
    uploads, images = pipeline.outputs["UploadsBucketName"], pipeline.outputs["ImagesBucketName"]
    assert lets_through(pipeline, pattern, s3_event(uploads, "Object Created"))
    assert lets_through(pipeline, pattern, s3_event(uploads, "Object Deleted"))
    assert not lets_through(pipeline, pattern, s3_event(uploads, "Object Tags Added"))
    assert not lets_through(pipeline, pattern, s3_event(images, "Object Created"))
    assert not any(lets_through(pipeline, pattern, golden.envelope) for golden in GOLDEN)


@pytest.mark.parametrize(
    ("name", "body", "ends"), [("a.jpg", jpeg(), "completed"), ("b.jpg", b"no image", "rejected")]
)
def test_what_the_bus_delivers_is_valid_by_the_published_schemas(
    pipeline: Pipeline, name: str, body: bytes, ends: str
) -> None:
    key = pipeline.upload(pipeline.key(name), body)
    pipeline.wait(key, ends)
    logged = {event.event_id for event in pipeline.log(key)}

    def all_delivered() -> bool:
        return logged <= {event["detail"]["meta"]["event_id"] for event in pipeline.delivered(key)}

    eventually(all_delivered, within=20, what="the whole log was delivered")
    for event in pipeline.delivered(key):
        model = BY_DETAIL_TYPE[event["detail-type"]]
        schema = (FILES.schemas / f"{schema_name(model, model.version())}.json").read_text(encoding="utf-8")
        Draft4Validator(json.loads(schema)).validate(event)
