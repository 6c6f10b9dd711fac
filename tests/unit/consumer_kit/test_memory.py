"""A handler in this process: whichever client it uses, it reaches the fakes that its template declares."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest

from imagebus.aws import client
from imagebus.testing.consumer import ConsumerKit
from imagebus.testing.kit.calls import NotInMemory
from imagebus.testing.kit.memory import World

TEMPLATE = """
Parameters:
  Address: { Type: String }
Resources:
  Consumer:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: consumer.yml
      Parameters: { DetailTypes: "ImageRejected, ImageProcessed", MaxReceiveCount: 2 }
  Images:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
  Files: { Type: AWS::S3::Bucket }
  Mails: { Type: AWS::SNS::Topic }
  Jobs: { Type: AWS::SQS::Queue }
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Environment:
        Variables:
          TABLE: !Ref Images
          BUCKET: !Select [0, [!Ref Files]]
          TOPIC: !Ref Mails
          QUEUE: !Ref Jobs
          TO: !Sub "${Address} by ${AWS::StackName}"
      Events:
        Inbox:
          Type: SQS
          Properties: { FunctionResponseTypes: [ReportBatchItemFailures] }
"""

#: As many handlers have it: made when the module is imported, before any test begins.
DYNAMODB = boto3.client("dynamodb", region_name="eu-west-1")
TABLES = boto3.resource("dynamodb", region_name="eu-west-1")


@pytest.fixture
def kit(tmp_path: Path) -> ConsumerKit:
    path = tmp_path / "template.yml"
    path.write_text(TEMPLATE, encoding="utf-8")
    return ConsumerKit(path, orders=10)


def each(event: dict[str, Any], handle: Any) -> dict[str, Any]:
    failed = []
    for one in event["Records"]:
        try:
            meta = json.loads(one["body"])["detail"]["meta"]
            if meta["schema_version"] > 1:
                raise ValueError("a newer version")
            handle(meta)
        except Exception:  # noqa: BLE001  as imagebus.inbox does
            failed.append({"itemIdentifier": one["messageId"]})
    return {"batchItemFailures": failed}


def codes(kit: ConsumerKit, handle: Any, **options: Any) -> list[str]:
    report = kit.examine(lambda event, _context: each(event, handle), **options)
    return [finding.code for finding in report.findings]


def once(meta: dict[str, Any]) -> None:
    try:
        DYNAMODB.put_item(
            TableName=os.environ["TABLE"],
            Item={"id": {"S": meta["event_id"]}},
            ConditionExpression="attribute_not_exists(id)",
        )
    except DYNAMODB.exceptions.ConditionalCheckFailedException:
        return


def test_a_client_that_was_made_on_import_is_answered_and_its_errors_are_its_own(kit: ConsumerKit) -> None:
    assert codes(kit, once) == []


def test_a_resource_is_answered_with_values(kit: ConsumerKit) -> None:
    def last(meta: dict[str, Any]) -> None:
        table = TABLES.Table(os.environ["TABLE"])
        known = table.get_item(Key={"id": meta["image_key"]}).get("Item", {})
        assert known.get("revision", "") == "" or isinstance(known["revision"], str)
        table.put_item(Item={"id": meta["image_key"], "revision": meta["revision"], "n": 1})

    assert codes(kit, last) == ["order-dependent"]


def test_mails_messages_and_objects_count(kit: ConsumerKit) -> None:
    def mail(_meta: dict[str, Any]) -> None:
        client("sns").publish(TopicArn=os.environ["TOPIC"], Message=os.environ["TO"])

    def job(_meta: dict[str, Any]) -> None:
        client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody="do it")

    def file(meta: dict[str, Any]) -> None:
        client("s3").put_object(Bucket="Files", Key=meta["image_key"], Body=meta["revision"].encode())

    assert codes(kit, mail, parameters={"Address": "kim@example.com"}) == ["not-idempotent"]
    assert codes(kit, job) == ["not-idempotent"]
    assert codes(kit, file) == ["order-dependent"]


def test_the_environment_is_that_of_the_template(kit: ConsumerKit) -> None:
    seen: set[str] = set()
    codes(kit, lambda _meta: seen.add(os.environ["TO"]), parameters={"Address": "kim@example.com"})
    assert seen == {"kim@example.com by consumer"}
    assert "TO" not in os.environ


def test_what_the_fakes_lack_is_said_even_if_the_handler_catches_it(kit: ConsumerKit) -> None:
    with pytest.raises(NotInMemory, match=r"no ssm.get_parameter: pass a fake in `clients`"):
        codes(kit, lambda _meta: client("ssm").get_parameter(Name="x"))


def test_a_consumer_that_handles_nothing_is_not_tested_further_and_says_why(kit: ConsumerKit) -> None:
    def handle(_event: dict[str, Any], _context: object) -> None:
        raise RuntimeError("no module named gallery")

    report = kit.examine(handle)
    (finding,) = report.findings
    assert (finding.code, finding.differences) == ("fails", ("It says: no module named gallery",))
    assert report.runs == 2


def test_a_fake_of_your_own_answers(kit: ConsumerKit) -> None:
    class Ssm:
        asked = 0

        def get_parameter(self, **request: str) -> dict[str, Any]:
            self.asked += 1
            return {"Parameter": {"Value": request["Name"]}}

    ssm = Ssm()
    assert codes(kit, lambda _meta: client("ssm").get_parameter(Name="x"), clients={"ssm": ssm}) == []
    assert ssm.asked


def test_the_stores_are_filled_before_each_run(kit: ConsumerKit) -> None:
    def look(meta: dict[str, Any]) -> None:
        version = meta.get("version_id", "")
        if version.startswith("version-"):  # golden events as they are committed name others, or none
            client("s3").head_object(Bucket="Originals", Key=meta["image_key"], VersionId=version)

    def fill(world: World) -> None:
        world.add_originals("Originals")

    assert codes(kit, look, prepare=fill) == []
    assert "fails" in codes(kit, look)


def test_a_template_without_consumer_yml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "template.yml"
    path.write_text("Resources: { Files: { Type: AWS::S3::Bucket } }", encoding="utf-8")
    with pytest.raises(ValueError, match=r"has 0 nested stacks of consumer\.yml, not one"):
        ConsumerKit(path).examine(lambda _event, _context: None)
