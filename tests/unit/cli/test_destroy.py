"""`imagebus destroy`: what goes, what stands in the way, and what stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from imagebus.testing.errors import client_error
from imagebus.testing.s3 import Bucket, InMemoryS3
from imagebus_cli import main
from imagebus_cli.problem import Problem
from imagebus_cli.stack import bus, data, lifecycle, remains, removal, settling
from imagebus_cli.stack.removal import Plan, Resource
from tests.unit.cli.stubbed import Account

REGION, GONE = "eu-west-1", "DELETE_COMPLETE"
DATA = (["uploads"], ["status", "ledger"])
STACK_ID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/imagebus/1"
PARAMETERS = [{"ParameterKey": "DeletionProtection", "ParameterValue": "true"}]
TEMPLATE: Any = {
    "Parameters": {"DeletionProtection": {"Type": "String", "Default": "false"}},
    "Resources": {
        "UploadsBucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"VersioningConfiguration": {"Status": "Enabled"}},
            "DeletionPolicy": "RetainExceptOnCreate",
        },
        "StatusTable": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "status",
                "BillingMode": "PAY_PER_REQUEST",
                "DeletionProtectionEnabled": True,
                "AttributeDefinitions": [{"AttributeName": "image_key", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "image_key", "KeyType": "HASH"}],
            },
            "DeletionPolicy": "Retain",
        },
        "LedgerTable": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "ledger",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "image_key", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "image_key", "KeyType": "HASH"}],
            },
            "DeletionPolicy": "Retain",
        },
        "EventBus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "imagebus"}},
    },
}


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    """An account with a stack that has images: three versions, a delete marker and an unfinished upload."""
    monkeypatch.setattr(settling, "EVERY", 0.0)
    with mock_aws():
        made = boto3.Session("test", "test", region_name=REGION)
        made.events.register("before-call.cloudformation", cloudformation := CloudFormation(made))
        monkeypatch.setattr(made, "cloudformation", cloudformation, raising=False)
        monkeypatch.setattr(lifecycle, "_session", lambda *_: made)
        s3 = made.client("s3")
        s3.create_bucket(Bucket="uploads", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
        for body in (b"1", b"2", b"3"):
            s3.put_object(Bucket="uploads", Key="a b.jpg", Body=body)
        s3.delete_object(Bucket="uploads", Key="a b.jpg")
        s3.create_multipart_upload(Bucket="uploads", Key="large.jpg")
        for table in ("StatusTable", "LedgerTable"):
            made.client("dynamodb").create_table(**TEMPLATE["Resources"][table]["Properties"])
        made.client("events").create_event_bus(Name="imagebus")
        yield made


class CloudFormation:
    """The stack of TEMPLATE, as CloudFormation describes it, also after its deletion."""

    def __init__(self, session: boto3.Session) -> None:
        self.session = session
        self.status = "UPDATE_COMPLETE"
        self.deletions = 0
        #: for each deletion that fails: why, by resource
        self.failures: list[dict[str, str]] = []
        self.reasons: dict[str, str] = {}
        physical = {
            "UploadsBucket": "uploads",
            "StatusTable": "status",
            "LedgerTable": "ledger",
            "EventBus": "imagebus",
        }
        self.resources = {
            name: (each["Type"], physical[name]) for name, each in TEMPLATE["Resources"].items()
        }

    def __call__(self, model: Any, params: Any, **_: Any) -> tuple[Any, dict[str, Any]]:
        answer = getattr(self, model.name)(params["body"])
        status = 400 if "Error" in answer else 200
        return type("Http", (), {"status_code": status})(), {**answer, "ResponseMetadata": {}}

    def DescribeStacks(self, asked: Any) -> dict[str, Any]:  # noqa: N802
        if asked["StackName"] not in ({"imagebus", STACK_ID} if self.status != GONE else {STACK_ID}):
            return {"Error": {"Code": "ValidationError", "Message": "Stack does not exist"}}
        stack = {"StackName": "imagebus", "StackId": STACK_ID, "StackStatus": self.status}
        return {"Stacks": [{**stack, "Parameters": PARAMETERS}]}

    def ListStacks(self, _: Any) -> dict[str, Any]:  # noqa: N802
        if self.status != GONE:
            return {"StackSummaries": []}
        summary = {"StackName": "imagebus", "StackId": STACK_ID, "CreationTime": datetime.now(UTC)}
        return {"StackSummaries": [summary, {**summary, "StackName": "another", "StackId": "2"}]}

    def ListStackResources(self, asked: Any) -> dict[str, Any]:  # noqa: N802
        assert asked["StackName"] == STACK_ID
        return {
            "StackResourceSummaries": [
                {
                    "LogicalResourceId": name,
                    "PhysicalResourceId": physical,
                    "ResourceType": kind,
                    "ResourceStatus": "DELETE_FAILED" if name in self.reasons else "UPDATE_COMPLETE",
                    "ResourceStatusReason": self.reasons.get(name, ""),
                }
                for name, (kind, physical) in self.resources.items()
            ]
        }

    def DescribeStackEvents(self, asked: Any) -> dict[str, Any]:  # noqa: N802
        listed = self.ListStackResources(asked)["StackResourceSummaries"]
        kept = {"AWS::S3::Bucket", "AWS::DynamoDB::Table"}
        return {
            "StackEvents": [
                {**each, "ResourceStatus": "DELETE_SKIPPED" if each["ResourceType"] in kept else GONE}
                for each in listed
            ]
        }

    def DescribeStackResources(self, _: Any) -> dict[str, Any]:  # noqa: N802
        return {"Error": {"Code": "ValidationError", "Message": "Stack for uploads does not exist"}}

    def GetTemplate(self, _: Any) -> dict[str, Any]:  # noqa: N802
        return {"TemplateBody": TEMPLATE}

    def DeleteStack(self, _: Any) -> dict[str, Any]:  # noqa: N802
        self.deletions += 1
        if self.failures:
            self.status, self.reasons = "DELETE_FAILED", self.failures.pop(0)
            return {}
        rules = self.session.client("events").list_rules(EventBusName="imagebus")["Rules"]
        self.status = "DELETE_FAILED" if rules else GONE
        return {}


def destroy(*arguments: str, say: str = "") -> Any:
    return CliRunner().invoke(main.app, ["destroy", "--stack", "imagebus", *arguments], input=say)


def left(session: boto3.Session) -> tuple[list[str], list[str]]:
    buckets = [each["Name"] for each in session.client("s3").list_buckets()["Buckets"]]
    return buckets, session.client("dynamodb").list_tables()["TableNames"]


def test_everything_goes(session: boto3.Session) -> None:
    done = destroy("--yes")
    assert done.exit_code == 0, done.exception
    assert left(session) == ([], [])
    assert settling.status(session.client("cloudformation"), "imagebus") is None
    assert "bucket uploads will be DELETED" in done.output


def test_the_data_can_stay_and_comes_with_what_brings_it_back(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    document = json.loads(destroy("--yes", "--keep-data", "--json").stdout)
    assert left(session) == DATA
    assert settling.status(session.client("cloudformation"), "imagebus") is None
    assert [each["what"] for each in document["stays"]] == [
        "the bucket uploads",
        "the table status",
        "the table ledger",
    ]
    wanted = json.loads((tmp_path / "imagebus-data.resources.json").read_text())
    assert [each["ResourceIdentifier"] for each in wanted] == [
        {"BucketName": "uploads"},
        {"TableName": "status"},
        {"TableName": "ledger"},
    ]
    template = json.loads((tmp_path / "imagebus-data.template.json").read_text())
    assert template["Resources"].keys() == {"UploadsBucket", "StatusTable", "LedgerTable"}
    assert {each["DeletionPolicy"] for each in template["Resources"].values()} == {"Retain"}
    assert template["Parameters"]["DeletionProtection"]["Default"] == "true"
    assert any("--change-set-type IMPORT" in line for line in document["back"])


def test_it_can_run_again_after_an_interrupt(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack is gone, its data is not: CloudFormation still knows which it was."""
    with monkeypatch.context() as patch:
        patch.setattr(data, "delete_bucket", interrupted)
        assert isinstance(destroy("--yes").exception, KeyboardInterrupt | SystemExit)
    assert left(session) == DATA
    done = destroy("--yes")
    assert "already deleted" in done.output
    assert left(session) == ([], [])
    last = destroy("--yes")
    assert isinstance(last.exception, Problem)
    assert last.exception.message == "There is no stack imagebus, and no data that one left behind."


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_data_of_a_deleted_stack_that_another_stack_has_now_is_safe(session: boto3.Session) -> None:
    owned = {"StackResources": [{"ResourceStatus": "IMPORT_COMPLETE"}]}

    class Other:
        def describe_stack_resources(self, **_: str) -> Any:
            return owned

    bucket = Resource(removal.BUCKET, "UploadsBucket", "uploads")
    assert not removal._is_left(session, Other(), bucket)
    owned["StackResources"][0]["ResourceStatus"] = "DELETE_SKIPPED"
    assert removal._is_left(session, Other(), bucket)


@pytest.mark.parametrize("missing", ["UploadsBucket", "StatusTable", "LedgerTable"])
def test_a_stack_of_something_else_is_refused(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setenv("IMAGEBUS_MAKE", "1")
    stack: Any = session.cloudformation  # type: ignore[attr-defined]
    del stack.resources[missing]
    refused = destroy("--yes").exception
    assert isinstance(refused, Problem)
    assert refused.message == "imagebus is not an imagebus stack: nothing was deleted."
    assert refused.advice.startswith("Check STACK=imagebus. To delete anything else: sam delete")
    assert (left(session), stack.status) == (DATA, "UPDATE_COMPLETE")
    stack.status = GONE
    refused = destroy("--yes").exception
    assert isinstance(refused, Problem)
    assert refused.message == "There is no stack imagebus, and no data that one left behind."
    assert left(session) == DATA


def test_data_that_the_template_does_not_name_stays(session: boto3.Session) -> None:
    stack: Any = session.cloudformation  # type: ignore[attr-defined]
    location: Any = {"LocationConstraint": REGION}
    session.client("s3").create_bucket(Bucket="mine", CreateBucketConfiguration=location)
    stack.resources["MyBucket"] = ("AWS::S3::Bucket", "mine")
    assert destroy("--yes").exit_code == 0
    assert left(session) == (["mine"], [])
    assert isinstance(destroy("--yes").exception, Problem)
    assert left(session) == (["mine"], [])


def test_a_stack_that_has_nothing_yet_can_be_deleted(session: boto3.Session) -> None:
    """A change set for a new stack leaves one."""
    stack: Any = session.cloudformation  # type: ignore[attr-defined]
    stack.status, stack.resources = "REVIEW_IN_PROGRESS", {}
    assert destroy("--yes").exit_code == 0
    assert stack.status == GONE


def test_another_name_deletes_nothing(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "_interactive", lambda: True)
    refused = destroy(say="imagebus-stage\n")
    assert (refused.exit_code, "The name does not match: nothing was deleted." in refused.output) == (1, True)
    assert left(session) == DATA
    assert destroy(say="imagebus\n").exit_code == 0
    assert left(session) == ([], [])


def test_nobody_to_ask_is_a_refusal(session: boto3.Session) -> None:
    refused = destroy().exception
    assert isinstance(refused, Problem)
    assert refused.message == "destroy needs confirmation, but stdin is not a terminal."
    assert (refused.advice, refused.exit_code, left(session)) == ("Add --yes.", 2, DATA)


def test_rules_of_others_on_the_bus_stand_in_the_way(session: boto3.Session) -> None:
    events = session.client("events")
    events.put_rule(Name="counter", EventBusName="imagebus", EventPattern='{"source": ["x"]}')
    target = {"Id": "1", "Arn": f"arn:aws:sqs:{REGION}:123456789012:counter"}
    events.put_targets(Rule="counter", EventBusName="imagebus", Targets=[target])
    refused = destroy("--yes").exception
    assert isinstance(refused, Problem)
    assert refused.message == "The bus is still in use: the rule counter on the bus imagebus."
    assert (refused.exit_code, left(session)) == (1, DATA)
    assert destroy("--yes", "--force").exit_code == 0
    assert left(session) == ([], [])


def test_the_archive_of_the_embedded_aws_is_the_stacks_own(session: boto3.Session) -> None:
    events = session.client("events")
    arn = events.describe_event_bus(Name="imagebus")["Arn"]
    for name in ("imagebus-events", "mine"):
        events.create_archive(ArchiveName=name, EventSourceArn=arn)
    assert [each.name for each in removal.plan(session, "imagebus").outsiders if each.kind == "archive"] == [
        "mine"
    ]


def test_rules_of_the_stack_and_of_a_service_are_no_outsiders() -> None:
    """An archive has a rule that EventBridge manages."""

    class Events:
        class exceptions:  # noqa: N801
            ResourceNotFoundException = KeyError

        def list_rules(self, **_: str) -> Any:
            names = ("imagebus_labels", "Events-Archive-imagebus-events", "counter")
            managed = {"Events-Archive-imagebus-events": {"ManagedBy": "prod.vhs.events.aws.internal"}}
            return {"Rules": [{"Name": name, **managed.get(name, {})} for name in names]}

        def describe_event_bus(self, **_: str) -> Any:
            return {"Arn": "bus"}

        def list_archives(self, **_: str) -> Any:
            return {"Archives": [{"ArchiveName": "imagebus-events"}, {"ArchiveName": "mine"}]}

    class Session:
        def client(self, _: str) -> Events:
            return Events()

    session: Any = Session()
    found = bus.outsiders(session, "imagebus", {"imagebus|imagebus_labels"}, {"imagebus-events"})
    assert [each.name for each in found] == ["counter", "mine"]


def plan(**changes: Any) -> Plan:
    values = {"stack": "s", "stack_id": "1", "status": "UPDATE_COMPLETE", "place": "", "resources": ()}
    return Plan(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"protected": True}, "--no-enable-termination-protection"),
        ({"status": "UPDATE_IN_PROGRESS"}, "Wait"),
    ],
)
def test_a_protected_or_busy_stack_is_refused(changes: dict[str, Any], advice: str) -> None:
    with pytest.raises(Problem) as raised:
        plan(**changes).require_permission(force=True)
    assert advice in raised.value.advice


def test_a_deletion_that_was_interrupted_goes_on() -> None:
    for status in ("DELETE_IN_PROGRESS", "DELETE_FAILED", "ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"):
        plan(status=status).require_permission(force=False)


def test_the_loss_of_the_archive_is_said_beforehand() -> None:
    archive = Resource(removal.ARCHIVE, "Archive", "s-events")
    (_, line) = plan(resources=(archive,)).lines(keep_data=True)
    assert line == "  The event archive s-events too: nothing can be replayed afterwards."


def test_a_stack_of_one_resource_is_singular() -> None:
    first, *_ = plan(resources=(Resource(removal.LAYER, "Layer", "arn"),)).lines(keep_data=False)
    assert first == "The stack s () and its 1 resource will be deleted."


def test_a_bucket_with_many_pages_of_versions_is_emptied(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "BATCH", 2)
    monkeypatch.setattr(data, "THREADS", 2)
    s3 = session.client("s3")
    for number in range(11):
        s3.put_object(Bucket="uploads", Key=f"{number}", Body=b"")
    told: list[str] = []
    data.delete_bucket(s3, "uploads", told.append)
    assert told[-1] == "uploads: 15 versions deleted"
    data.delete_bucket(s3, "uploads", told.append)


def test_an_object_that_s3_keeps_is_a_problem(session: boto3.Session) -> None:
    class Refusing:
        def delete_objects(self, **_: Any) -> Any:
            return {"Errors": [{"Key": "k", "Code": "AccessDenied", "Message": "locked"}]}

    client: Any = Refusing()
    with pytest.raises(Problem, match="k: locked"):
        data._delete(client, "uploads", [{"Key": "k", "VersionId": "1"}])


def test_keys_that_no_xml_can_hold_are_deleted_one_by_one(session: boto3.Session) -> None:
    """moto cannot list them, so this is another S3: it refuses them in DeleteObjects, as AWS does."""
    s3 = InMemoryS3({"uploads": Bucket(versioned=True)})
    for key in ("a\x10.jpg", "a.jpg", "\ufffe"):
        s3.put_object(Bucket="uploads", Key=key, Body=b"")
        s3.delete_object(Bucket="uploads", Key=key)
    versions = [each for kind in s3.list_object_versions(Bucket="uploads").values() for each in kind]
    client: Any = s3
    wanted = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]
    assert data._delete(client, "uploads", wanted) == 6
    assert s3.list_object_versions(Bucket="uploads") == {"Versions": [], "DeleteMarkers": []}


def test_a_refusal_to_delete_such_a_key_is_a_problem() -> None:
    class Refusing:
        def delete_object(self, **_: Any) -> Any:
            raise client_error("AccessDenied", "DeleteObject", 403)

    client: Any = Refusing()
    with pytest.raises(Problem, match=r"S3 kept 1 object of uploads: 'k\\x01'"):
        data._delete(client, "uploads", [{"Key": "k\x01", "VersionId": "1"}])


def test_an_s3_that_deletes_nothing_and_does_not_say_so_is_not_asked_for_ever(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def delete(_client: Any, _bucket: str, batch: list[Any]) -> int:
        asked.append(batch)
        return len(batch)

    monkeypatch.setattr(data, "_delete", delete)
    with pytest.raises(Problem, match=r"reports that it deleted 'a b[.]jpg' of uploads, and still lists it"):
        data.delete_bucket(session.client("s3"), "uploads", lambda _: None)
    assert len(asked) == 1


def test_unfinished_uploads_are_listed_encoded_and_page_by_page() -> None:
    asked: list[Any] = []

    class Client:
        def list_multipart_uploads(self, **request: Any) -> Any:
            asked.append(request)
            more = {"IsTruncated": True, "NextKeyMarker": "a+%01", "NextUploadIdMarker": "1"}
            upload = {"Key": f"a+%0{len(asked)}", "UploadId": str(len(asked))}
            return {"EncodingType": "url", "Uploads": [upload], **(more if len(asked) == 1 else {})}

    client: Any = Client()
    assert list(data._unfinished(client, "uploads")) == [("a \x01", "1"), ("a \x02", "2")]
    assert asked == [
        {"Bucket": "uploads", "EncodingType": "url"},
        {"Bucket": "uploads", "EncodingType": "url", "KeyMarker": "a \x01", "UploadIdMarker": "1"},
    ]


TOO_EARLY = {
    "EventBus": "EventBus can't be deleted since it has rules. (Service: EventBridge, Status Code: 400)"
}


def test_a_bus_that_still_sees_its_deleted_rules_is_deleted_again(session: boto3.Session) -> None:
    stack: Any = session.cloudformation  # type: ignore[attr-defined]
    stack.failures = [TOO_EARLY]
    assert destroy("--yes").exit_code == 0
    assert (stack.deletions, stack.status, left(session)) == (2, GONE, ([], []))


@pytest.mark.parametrize(
    ("failures", "deletions"),
    [
        ([TOO_EARLY, TOO_EARLY], 2),
        ([{"EventBus": "AccessDenied"}], 1),
        ([{**TOO_EARLY, "UploadsBucket": "AccessDenied"}], 1),
    ],
)
def test_another_failure_is_told_and_the_data_stays(
    session: boto3.Session, failures: list[dict[str, str]], deletions: int
) -> None:
    stack: Any = session.cloudformation  # type: ignore[attr-defined]
    stack.failures = failures
    failed = destroy("--yes").exception
    assert isinstance(failed, Problem)
    assert failed.message == "imagebus is DELETE_FAILED."
    assert (stack.deletions, left(session)) == (deletions, DATA)


def test_a_rule_that_somebody_created_meanwhile_is_not_deleted_with_the_bus(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack: Any = session.cloudformation  # type: ignore[attr-defined]
    stack.failures = [TOO_EARLY]
    planned = removal.plan(session, "imagebus")
    session.client("events").put_rule(Name="new", EventBusName="imagebus", EventPattern='{"source": ["x"]}')
    with pytest.raises(Problem, match="DELETE_FAILED"):
        removal.remove(session, planned, keep_data=False, say=lambda _: None)
    assert stack.deletions == 1


def backups(*listed: dict[str, Any] | str) -> list[str]:
    """What is said of these backups of a deleted table."""
    account = Account()
    (found,) = listed if len(listed) == 1 and isinstance(listed[0], str) else [{"BackupSummaries": [*listed]}]
    account.answers["dynamodb.ListBackups"] = found
    table = Resource(removal.TABLE, "StatusTable", "status")
    return [str(each) for each in remains._backups(account.session, plan(resources=(table,)))]


def test_a_backup_that_dynamodb_made_of_a_deleted_table_is_named() -> None:
    name = {"BackupName": "status$DeletedTableBackup", "BackupType": "SYSTEM", "BackupStatus": "AVAILABLE"}
    expires = datetime(2026, 12, 31, tzinfo=UTC)
    told = "the backup status$DeletedTableBackup of all items, until 2026-12-31, stays"
    assert backups({**name, "BackupExpiryDateTime": expires}) == [told]
    assert backups(name) == [told.replace("until 2026-12-31", "for 35 days")]
    assert backups({**name, "BackupStatus": "DELETED"}) == backups() == []


def test_a_backup_of_ones_own_comes_with_the_command_that_deletes_it() -> None:
    mine = {"BackupName": "mine", "BackupType": "USER", "BackupStatus": "AVAILABLE", "BackupArn": "arn"}
    command = "aws dynamodb delete-backup --backup-arn arn"
    assert backups(mine) == [f"the backup mine of status stays: {command}"]


def test_who_may_not_list_backups_is_told_that_there_may_be_one() -> None:
    (told,) = backups("AccessDeniedException: no")
    assert told.startswith("perhaps a backup of status, for 35 days (not checked: ")
