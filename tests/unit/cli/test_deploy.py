"""`imagebus deploy` executes exactly the change set that it showed, or nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from imagebus_cli import main
from imagebus_cli.problem import Problem
from imagebus_cli.stack import changes, lifecycle, preflight, settling
from imagebus_cli.stack.findings import Finding, Verdict
from imagebus_local import sam
from tests.unit.cli.stubbed import ACCOUNT, Account

STACK_ID = f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/imagebus/1"
CHANGE_SET = f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:changeSet/samcli-deploy1/1"
BEGAN = datetime(2026, 11, 26, tzinfo=UTC)
CHECK = preflight.check


def change(action: str, name: str, kind: str, replacement: str = "False") -> dict[str, Any]:
    about = {"Action": action, "LogicalResourceId": name, "ResourceType": kind, "Replacement": replacement}
    return {"Type": "Resource", "ResourceChange": about}


def stack(status: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {"StackName": "imagebus", "StackId": STACK_ID, "StackStatus": status, "LastUpdatedTime": now}


CHANGES = [
    change("Add", "Queue", "AWS::SQS::Queue"),
    change("Modify", "Function", "AWS::Lambda::Function", "Conditional"),
    change("Modify", "StatusTable", "AWS::DynamoDB::Table", "True"),
    change("Modify", "UploadsBucket", "AWS::S3::Bucket", "Conditional"),
    change("Modify", "Topic", "AWS::SNS::Topic", "True"),
    change("Remove", "EventBus", "AWS::Events::EventBus"),
]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account in which the stack is updated, and a build that costs nothing."""
    made = Account()
    stack = {
        "StackName": "imagebus",
        "StackId": STACK_ID,
        "StackStatus": "UPDATE_COMPLETE",
        "CreationTime": BEGAN,
    }
    outputs = [{"OutputKey": "ApiUrl", "OutputValue": "https://api"}]
    made.answers |= {
        "cloudformation.DescribeStacks": {
            "Stacks": [{**stack, "Outputs": outputs, "LastUpdatedTime": datetime.now(UTC)}]
        },
        "cloudformation.DescribeChangeSet": {
            "Changes": CHANGES,
            "StackId": STACK_ID,
            "StackName": "imagebus",
            "CreationTime": BEGAN,
        },
        "cloudformation.ExecuteChangeSet": {},
        "cloudformation.DeleteChangeSet": {},
        "cloudformation.DeleteStack": {},
        "cloudformation.DescribeStackEvents": {"StackEvents": []},
    }
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(lifecycle, "_session", lambda *_: made.session)
    monkeypatch.setattr(settling, "EVERY", 0.0)
    monkeypatch.setattr(sam, "build_for_lambda", lambda *_, **__: Path("built.yml"))
    monkeypatch.setattr(sam, "change_set", lambda *_, **__: CHANGE_SET)
    monkeypatch.setattr(preflight, "check", lambda *_, **__: preflight.Report())
    return made


def deploy(*arguments: str, say: str = "") -> Result:
    return CliRunner().invoke(main.app, ["deploy", *arguments], input=say)


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "_interactive", lambda: True)


def test_what_is_approved_is_executed(account: Account, at_a_terminal: None) -> None:
    done = deploy(say="y\n")
    assert done.exit_code == 0
    assert "1 added, 1 changed, 3 replaced, 1 removed" in done.output
    assert account.calls.count("cloudformation.ExecuteChangeSet") == 1
    assert "https://api" in done.output


def test_replaced_and_removed_data_is_shown_loudly(account: Account) -> None:
    loud = changes.summary(account.session.client("cloudformation"), CHANGE_SET).loud
    assert [line.partition(" (")[0] for line in loud] == ["StatusTable", "UploadsBucket", "EventBus"]
    assert [line.rpartition("would be ")[2] for line in loud] == ["REPLACED", "REPLACED (perhaps)", "REMOVED"]


def test_no_is_an_answer(account: Account, at_a_terminal: None) -> None:
    assert deploy(say="n\n").exit_code == 1
    assert "cloudformation.ExecuteChangeSet" not in account.calls
    assert account.calls.count("cloudformation.DeleteChangeSet") == 1
    assert "cloudformation.DeleteStack" not in account.calls


def test_the_stack_of_a_discarded_first_change_set_goes_too(account: Account, at_a_terminal: None) -> None:
    account.answers["cloudformation.DescribeStacks"] = {"Stacks": [stack("REVIEW_IN_PROGRESS")]}
    assert deploy(say="n\n").exit_code == 1
    assert "cloudformation.DeleteStack" in account.calls


def test_nobody_to_ask_is_a_refusal_before_anything_is_read(account: Account) -> None:
    done = deploy()
    assert isinstance(done.exception, Problem)
    assert (done.exception.exit_code, done.exception.advice, account.calls) == (2, "Add --yes.", [])


def test_with_yes_nobody_is_asked(account: Account) -> None:
    document = json.loads(deploy("--yes", "--json").stdout)
    assert document["changes"] == {"added": 1, "changed": 1, "replaced": 3, "removed": 1}
    assert document["outputs"] == {"ApiUrl": "https://api"}


@pytest.mark.parametrize("option", ["--preflight", "--dry-run"])
def test_a_preflight_creates_nothing(account: Account, option: str) -> None:
    assert deploy(option).exit_code == 0
    assert account.calls == []


def test_a_problem_stops_the_deployment(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Finding("names", Verdict.BAD, "too long", "Use another.")
    monkeypatch.setattr(preflight, "check", lambda *_, **__: preflight.Report([wrong]))
    done = deploy("--yes")
    assert (done.exit_code, account.calls) == (1, [])
    assert "too long" in done.output


def test_what_the_account_needs_is_deployed_with_what_the_user_names(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, str] = {}
    monkeypatch.setattr(preflight, "check", lambda *_, **__: preflight.Report(settings={"A": "1"}))
    monkeypatch.setattr(sam, "change_set", lambda *_, parameters, **__: seen.update(parameters))
    done = deploy("--yes", "--parameter", "B=2")
    assert (seen, "up to date" in done.output) == ({"A": "1", "B": "2"}, True)
    assert "cloudformation.ExecuteChangeSet" not in account.calls


def test_a_first_deployment_from_the_checks_to_the_outputs(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real preflight, in an account that allows ten executions."""
    seen: dict[str, str] = {}
    described = account.answers["cloudformation.DescribeStacks"]
    missing = "ValidationError: Stack with id imagebus does not exist"
    account.answers["cloudformation.DescribeStacks"] = lambda _: (
        described if "cloudformation.ExecuteChangeSet" in account.calls else missing
    )
    account.answers["lambda.GetAccountSettings"] = {"AccountLimit": {"UnreservedConcurrentExecutions": 10}}
    monkeypatch.setattr(preflight, "check", CHECK)
    monkeypatch.setattr(sam, "interpreter", lambda name, _: name)
    monkeypatch.setattr(sam, "change_set", lambda *_, parameters, **__: seen.update(parameters) or CHANGE_SET)
    document = json.loads(deploy("--yes", "--json", "--parameter", "Polling=continuous").stdout)
    assert {each["verdict"] for each in document["findings"]} == {"ok", "note"}
    assert document["outputs"] == {"ApiUrl": "https://api"}
    small = dict.fromkeys(("ConcurrencyLimit", "ImageConcurrencyLimit", "LabelsConcurrencyLimit"), "2")
    assert seen == {**small, "MaxReceiveCount": "50", "Polling": "continuous"}
    assert account.calls.count("cloudformation.ExecuteChangeSet") == 1


def test_a_failure_names_what_failed_first(account: Account) -> None:
    event = {"StackId": STACK_ID, "EventId": "1", "StackName": "imagebus", "Timestamp": datetime.now(UTC)}
    failed = {**event, "ResourceStatus": "CREATE_FAILED", "ResourceType": "AWS::SQS::Queue"}
    account.answers["cloudformation.DescribeStackEvents"] = {
        "StackEvents": [
            {**failed, "LogicalResourceId": "Later", "ResourceStatusReason": "Resource creation cancelled"},
            {**failed, "LogicalResourceId": "Second", "ResourceStatusReason": "also bad"},
            {**failed, "LogicalResourceId": "First", "ResourceStatusReason": "name taken"},
        ]
    }
    described = {"StackName": "imagebus", "StackId": STACK_ID, "StackStatus": "ROLLBACK_COMPLETE"}
    account.answers["cloudformation.DescribeStacks"] = {
        "Stacks": [{**described, "LastUpdatedTime": datetime.now(UTC)}]
    }
    done = deploy("--yes")
    assert isinstance(done.exception, Problem)
    assert (done.exception.message, done.exception.detail) == (
        "The stack is ROLLBACK_COMPLETE.",
        "First: name taken\nSecond: also bad",
    )


def test_the_change_set_is_found_in_what_sam_prints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    built = tmp_path / "template.yml"
    built.write_text("Parameters: { Runtime: { Default: python3.13 }, Architecture: { Default: arm64 } }\n")
    seen: dict[str, Any] = {}

    def sam_deploy(*_: object, **options: Any) -> str:
        seen.update(options)
        return f"\nChangeset created successfully. {CHANGE_SET}\n"

    monkeypatch.setattr(sam, "deploy", sam_deploy)
    found = sam.change_set(built, stack="s", parameters={"A": "1"}, environment={})
    assert (found, seen["execute"]) == (CHANGE_SET, False)
    assert seen["parameters"] == {"Runtime": "python3.13", "Architecture": "arm64", "A": "1"}
    monkeypatch.setattr(sam, "deploy", lambda *_, **__: "No changes to deploy. Stack s is up to date")
    assert sam.change_set(built, stack="s", parameters={}, environment={}) is None


def test_no_key_is_created_without_a_yes(account: Account, at_a_terminal: None) -> None:
    assert deploy("--create-key", say="n\n").exit_code == 1
    assert account.calls == []
