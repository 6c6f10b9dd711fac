"""`imagebus test-consumer` on deployed consumers: right ones, and twenty that are wrong in one way each.

All of them take minutes: `make consumers`. Without it, one of them is tested.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from imagebus.testing.kit.findings import CODES
from imagebus_cli.main import app
from tests.consumers.gallery import FAULTY, ROOT, Faulty, written
from tests.e2e.consumers import deployed
from tests.e2e.harness import Pipeline

ALL = bool(os.environ.get("IMAGEBUS_CONSUMERS"))
EXAMPLES = ["tagger", "analytics", "live"]
EVERY_FAULTY = [each for language in FAULTY.values() for each in language]

pytestmark = pytest.mark.embedded("it stops pollers, and empties stores")
only_in_make_consumers = pytest.mark.skipif(not ALL, reason="twenty stacks take minutes: make consumers")


def reported(*arguments: str, exit_code: int) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["test-consumer", *arguments, "--json"])
    assert result.exit_code == exit_code, (result.stdout, result.stderr, result.exception)
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def left(pipeline: Pipeline) -> set[str]:
    """What a test may have left behind: stacks, buckets, queues and buses."""
    stacks = pipeline.client("cloudformation").describe_stacks()["Stacks"]
    names = [each["StackName"] for each in stacks if each["StackStatus"] != "DELETE_COMPLETE"]
    names += [each["Name"] for each in pipeline.client("s3").list_buckets()["Buckets"]]
    names += [each.rsplit("/", 1)[1] for each in pipeline.client("sqs").list_queues().get("QueueUrls", [])]
    names += _code(pipeline)
    names += [each["Name"] for each in pipeline.client("events").list_event_buses()["EventBuses"]]
    return {name for name in names if name.startswith("consumer-test-")}


def _code(pipeline: Pipeline) -> list[str]:
    """Keys in the buckets that the SAM CLI uploads code to."""
    s3 = pipeline.client("s3")
    buckets = [each["Name"] for each in s3.list_buckets()["Buckets"] if "aws-sam-cli" in each["Name"]]
    listed = [s3.list_objects_v2(Bucket=bucket, Prefix="consumer-test-") for bucket in buckets]
    return [item["Key"] for page in listed for item in page.get("Contents", [])]


def check(tmp_path: Path, faulty: Faulty) -> dict[str, Any]:
    if faulty.language == "typescript" and not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("Node.js and npm are not on the PATH, and this consumer is written in TypeScript")
    report = reported(str(written(faulty.language, tmp_path, faulty)), exit_code=1)
    assert [finding["code"] for finding in report["findings"]] == [faulty.code], report
    return report


def test_it_shows_the_two_deliveries_whose_order_matters_and_leaves_nothing_behind(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    (faulty,) = (each for each in FAULTY["python"] if each.path.stem == "last_delivery_wins")
    (finding,) = check(tmp_path, faulty)["findings"]
    assert [len(finding[name]) for name in ("shown_by", "instead_of")] == [2, 2]
    assert finding["shown_by"] == finding["instead_of"][::-1]
    assert left(pipeline) == set()


@only_in_make_consumers
@pytest.mark.parametrize("faulty", EVERY_FAULTY, ids=lambda each: each.name)
def test_it_finds_the_fault_and_nothing_else(pipeline: Pipeline, tmp_path: Path, faulty: Faulty) -> None:
    check(tmp_path, faulty)
    assert left(pipeline) == set()


@only_in_make_consumers
@pytest.mark.parametrize("language", FAULTY)
def test_nothing_is_wrong_with_the_right_consumer(pipeline: Pipeline, tmp_path: Path, language: str) -> None:
    assert reported(str(written(language, tmp_path)), exit_code=0)["findings"] == []


@only_in_make_consumers
@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_is_wrong_with_an_example(pipeline: Pipeline, name: str) -> None:
    assert reported(str(ROOT / "examples" / name), exit_code=0)["findings"] == []


@only_in_make_consumers
def test_a_deployed_stack_is_tested_where_it_is_and_receives_again_afterwards(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    with deployed(pipeline, written("python", tmp_path)) as gallery:
        name = _table(pipeline, gallery.stack)
        item = {"image_key": {"S": "mine.jpg"}, "about": {"S": "outcome"}}
        pipeline.client("dynamodb").put_item(TableName=name, Item=item)
        letters = gallery.outputs["DeadLettersUrl"]
        pipeline.client("sqs").send_message(QueueUrl=letters, MessageBody="mine")
        refused = CliRunner().invoke(app, ["test-consumer", gallery.stack])
        assert "holds 2 records" in str(refused.exception)
        assert "--empty" in str(getattr(refused.exception, "advice", "")), refused
        assert pipeline.client("dynamodb").scan(TableName=name)["Count"] == 1
        assert reported(gallery.stack, "--empty", exit_code=0)["findings"] == []
        assert pipeline.client("dynamodb").scan(TableName=name)["Count"] == 0
        mappings = pipeline.client("lambda").list_event_source_mappings(
            EventSourceArn=_inbox(pipeline, gallery.outputs["InboxUrl"])
        )
        assert [each["State"] for each in mappings["EventSourceMappings"]] == ["Enabled"]


def _table(pipeline: Pipeline, stack: str) -> str:
    described = pipeline.client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId="Images"
    )
    name: str = described["StackResourceDetail"]["PhysicalResourceId"]
    return name


def _inbox(pipeline: Pipeline, url: str) -> str:
    attributes = pipeline.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn: str = attributes["Attributes"]["QueueArn"]
    return arn


def test_every_code_but_the_general_ones_has_a_consumer_that_shows_it() -> None:
    assert {each.code for each in EVERY_FAULTY} == CODES.keys() - {"fails", "unstable"}
    assert {name: len(each) for name, each in FAULTY.items()} == {"python": 10, "typescript": 10}
