"""`deploy`'s checks and `destroy` on the embedded AWS. Refusals are tested with stubbed answers."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from imagebus_cli.stack import preflight, remains, removal, settling
from imagebus_cli.stack.findings import Verdict
from tests.e2e.harness import Pipeline

pytestmark = pytest.mark.embedded("it creates and deletes a stack")

ROOT = Path(__file__).parents[2]
RETAINED = {"DeletionPolicy": "Retain"}
#: As much of a stack as `destroy` has to treat specially.
SMALL = {
    "Resources": {
        "EventBus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "e2e-small"}},
        "UploadsBucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"VersioningConfiguration": {"Status": "Enabled"}},
            **RETAINED,
        },
        "StatusTable": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "DeletionProtectionEnabled": True,
                "AttributeDefinitions": [{"AttributeName": "image_key", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "image_key", "KeyType": "HASH"}],
            },
            **RETAINED,
        },
        "LedgerTable": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "image_key", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "image_key", "KeyType": "HASH"}],
            },
            **RETAINED,
        },
    }
}


@pytest.fixture
def session(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    assert pipeline.target.endpoint
    monkeypatch.setenv("AWS_ENDPOINT_URL", pipeline.target.endpoint)
    monkeypatch.setattr(settling, "EVERY", 0.2)
    return boto3.Session(region_name=pipeline.target.region)


def test_a_preflight_reads_the_account_and_finds_nothing_against_the_running_stack(
    session: boto3.Session, pipeline: Pipeline
) -> None:
    report = preflight.check(session, pipeline.target.stack, ROOT, {}, images=1000)
    verdicts = {finding.what: finding.verdict for finding in report.findings}
    assert {name for name, each in verdicts.items() if each is Verdict.BAD} <= {"build"}, report.findings
    assert (verdicts["account"], verdicts["stack"]) == (Verdict.OK, Verdict.OK)
    assert not report.new


def test_what_others_have_on_the_bus_is_named(session: boto3.Session, pipeline: Pipeline) -> None:
    plan = removal.plan(session, pipeline.target.stack)
    named = [each.name for each in plan.outsiders]
    assert any(name.startswith("e2e-listener-") for name in named), "the tests' own rule"
    assert not any(name.startswith(f"{pipeline.target.stack}_") for name in named)


def test_a_stack_goes_with_or_without_its_data_and_the_data_comes_back(
    session: boto3.Session, tmp_path: Path
) -> None:
    cloudformation, s3 = session.client("cloudformation"), session.client("s3")
    cloudformation.create_stack(StackName="e2e-small", TemplateBody=json.dumps(SMALL))
    assert settling.settled(cloudformation, "e2e-small", print) == "CREATE_COMPLETE"
    first = removal.plan(session, "e2e-small")
    (bucket,) = first.of(removal.BUCKET)
    for body in (b"1", b"2"):
        s3.put_object(Bucket=bucket.physical, Key="a b+c.jpg", Body=body)
    s3.delete_object(Bucket=bucket.physical, Key="a b+c.jpg")

    remains.write_import(session, first, tmp_path)
    removal.remove(session, first, keep_data=True, say=print)
    assert settling.status(cloudformation, "e2e-small") is None
    assert removal.plan(session, "e2e-small").gone

    change_set = cloudformation.create_change_set(
        StackName="e2e-small",
        ChangeSetName="data",
        ChangeSetType="IMPORT",
        ResourcesToImport=json.loads((tmp_path / "e2e-small-data.resources.json").read_text()),
        TemplateBody=(tmp_path / "e2e-small-data.template.json").read_text(),
    )["Id"]
    cloudformation.get_waiter("change_set_create_complete").wait(
        ChangeSetName=change_set, WaiterConfig={"Delay": 1}
    )
    cloudformation.execute_change_set(ChangeSetName=change_set)
    assert settling.settled(cloudformation, "e2e-small", print, review=False) == "IMPORT_COMPLETE"
    second = removal.plan(session, "e2e-small")
    assert {each.physical for each in second.data} == {each.physical for each in first.data}

    removal.remove(session, second, keep_data=False, say=print)
    with pytest.raises(Exception, match="no stack e2e-small, and no data that one left behind"):
        removal.plan(session, "e2e-small")
