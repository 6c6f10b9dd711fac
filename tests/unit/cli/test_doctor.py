"""`imagebus doctor`: what it finds, and the advice that goes with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

import imagebus_local
from imagebus.testing.errors import client_error
from imagebus_cli import main
from imagebus_cli.stack import doctor
from imagebus_cli.stack import find as where
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.stack.findings import Finding, Verdict
from tests.tables import create_table

RESOURCES = {
    "UploadsBucketName": "uploads",
    "ImagesBucketName": "images",
    "StatusTableName": "status",
    "RecipesTableName": "recipes",
    "EventBusName": "bus",
}


#: Messages that wait, and those that are worked on. A schedule reads the cleaner's.
WAITING = {"watermarker": (7, 0), "thumbnailer": (9, 2), "cleaner": (3, 0)}


@pytest.fixture
def stack() -> Iterator[Stack]:
    with mock_aws():
        stack = Stack(boto3.Session(), RESOURCES)
        stack.s3.create_bucket(Bucket="uploads")
        stack.s3.create_bucket(Bucket="images")
        stack.events.create_event_bus(Name="bus")
        create_table(stack.dynamodb, "status")
        create_table(stack.dynamodb, "recipes", "RecipesTable")
        yield stack


def test_a_whole_stack_is_fine(stack: Stack):
    assert {finding.verdict for finding in doctor.answers(stack, "")} == {Verdict.OK}


def test_what_is_missing_is_named_with_advice(stack: Stack):
    stack.s3.delete_bucket(Bucket="images")
    (bad,) = [each for each in doctor.answers(stack, "Deploy it.") if each.verdict is Verdict.BAD]
    assert (bad.what, bad.advice) == ("images bucket", "Deploy it.")


def test_a_stack_that_is_not_ours_lacks_its_outputs(stack: Stack):
    other = Stack(stack.session, {})
    assert {finding.verdict for finding in doctor.answers(other, "")} == {Verdict.BAD}


def test_messages_that_nobody_works_on_are_named(stack: Stack):
    """As those of a stage whose trigger is disabled."""
    waiting = Stack(stack.session, RESOURCES | {"InboxUrls": "https://sqs/{stage}"})
    depths = {f"https://sqs/{stage}": each for stage, each in WAITING.items()}

    def attributes(QueueUrl: str, AttributeNames: list[str]) -> object:  # noqa: N803  # as boto3 names them
        numbers = map(str, depths.get(QueueUrl, (0, 0)))
        return {"Attributes": dict(zip(AttributeNames, numbers, strict=True))}

    waiting.__dict__["sqs"] = SimpleNamespace(get_queue_attributes=attributes)
    (finding,) = doctor.inboxes(waiting)
    assert finding.message == "messages are waiting, but nothing reads them: watermarker (7)"
    assert "runbook" in finding.advice
    depths.clear()
    assert [each.verdict for each in doctor.inboxes(waiting)] == [Verdict.OK]
    assert [each.verdict for each in doctor.inboxes(stack)] == [Verdict.NOTE]


def test_a_stack_that_is_not_there_is_one_finding(monkeypatch: pytest.MonkeyPatch):
    def missing(*_: object, **__: object) -> None:
        raise client_error("ValidationError", "DescribeStacks")

    monkeypatch.setattr(where, "find", missing)
    (finding,) = doctor.on_aws("nowhere", None, "eu-west-1")
    assert finding.verdict is Verdict.BAD
    assert "imagebus deploy" in finding.advice


def test_an_old_python_and_a_missing_tool_are_bad():
    assert doctor.python((3, 10)).verdict is Verdict.BAD
    assert doctor.python((3, 13)).verdict is Verdict.OK
    assert doctor.tool("sam", None, "Run: make setup") == Finding(
        "sam", Verdict.BAD, "not installed", "Run: make setup"
    )


def test_a_taken_port_names_its_holder_and_a_free_one():
    finding = doctor.port(4566, free=False, owner=lambda _: "pid 7 (other)", suggest=lambda _: 4567)
    assert "pid 7 (other)" in finding.message
    assert "--port 4567" in finding.advice


def test_a_local_stack_that_is_down_is_no_fault(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(imagebus_local, "status", lambda: imagebus_local.Status("down"))
    assert Verdict.BAD not in {finding.verdict for finding in doctor.local()}


def test_outside_a_checkout_the_advice_is_to_go_there(monkeypatch: pytest.MonkeyPatch):
    def nowhere() -> None:
        raise imagebus_local.LocalError("no_project", "There is no checkout.", "Go there.")

    monkeypatch.setattr(imagebus_local, "status", nowhere)
    assert [(each.verdict, each.advice) for each in doctor.local()] == [(Verdict.BAD, "Go there.")]


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.OK, 0), (Verdict.NOTE, 0), (Verdict.BAD, 1)])
def test_only_what_is_bad_fails(monkeypatch: pytest.MonkeyPatch, verdict: Verdict, code: int):
    monkeypatch.setattr(doctor, "here", lambda: [Finding("x", verdict, "[m]", "a")])
    monkeypatch.setattr(doctor, "credentials", lambda *_: Finding("credentials", Verdict.OK, ""))
    done = CliRunner().invoke(main.app, ["doctor", "--json"])
    assert done.exit_code == code
    document = json.loads(done.stdout)
    assert document["ok"] is (code == 0)
    assert document["findings"][0] == {"what": "x", "verdict": verdict, "message": "[m]", "advice": "a"}
    assert "[m]" in CliRunner().invoke(main.app, ["doctor"]).stdout


def test_an_unknown_profile_is_said(monkeypatch: pytest.MonkeyPatch):
    finding = doctor.credentials("no-such-profile", None)
    assert (finding.verdict, finding.what) == (Verdict.BAD, "credentials")


def test_the_region_is_that_of_every_aws_tool(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert where.session_of(None, None).region_name == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    assert where.session_of(None, None).region_name == "eu-west-2"
    assert where.session_of(None, "eu-west-3").region_name == "eu-west-3"
