"""`imagebus doctor`: whether events can go from each rule through its inbox to a function."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from imagebus.events.catalog import STAGES
from imagebus_cli import main
from imagebus_cli.problem import Problem
from imagebus_cli.stack import delivery, doctor, drift
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.stack.findings import Finding, Verdict
from tests.unit.cli.stubbed import Account

QUEUES = "https://sqs.us-east-1.amazonaws.com/123456789012"
OUTPUTS = {"InboxUrls": f"{QUEUES}/prod_{{stage}}_inbox", "EventBusName": "prod"}


def policy(queue: str, rule: str, **more: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    insecure = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement | more, insecure]}


class Deployed(Stack):
    """The rules, queues and triggers of a stack, in moto."""

    def attach(self, name: str, bus: str, function: str) -> None:
        arn = self.events.put_rule(Name=name, EventBusName=bus, EventPattern='{"source":["x"]}')["RuleArn"]
        url = self.sqs.create_queue(QueueName=f"{name}_inbox")["QueueUrl"]
        self.sqs.create_queue(QueueName=f"{name}_dead_letters")
        queue = f"arn:aws:sqs:us-east-1:123456789012:{name}_inbox"
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy(queue, arn))})
        self.events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "inbox", "Arn": queue}])
        self.functions.create_event_source_mapping(EventSourceArn=queue, FunctionName=function)
        letters = f"arn:aws:sqs:us-east-1:123456789012:{name}_dead_letters"
        self.functions.create_event_source_mapping(EventSourceArn=letters, FunctionName="work")

    def url(self, stage: str) -> str:
        return self.outputs["InboxUrls"].replace("{stage}", stage)

    def mapping(self, stage: str, kind: str = "inbox") -> str:
        arn = f"arn:aws:sqs:us-east-1:123456789012:prod_{stage}_{kind}"
        found = self.functions.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
        return str(found[0]["UUID"])

    def found(self) -> list[tuple[Verdict, str, str]]:
        return [(each.verdict, each.message, each.advice) for each in delivery.check(self)]

    def only(self) -> tuple[Verdict, str, str]:
        (bad,) = [each for each in self.found() if not each[1].startswith("none")]
        return bad


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        stack = Deployed(boto3.Session(region_name="us-east-1"), OUTPUTS)
        stack.events.create_event_bus(Name="prod")
        role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("f.py", "")
        for function in ("work", "cleaner"):
            stack.functions.create_function(
                FunctionName=function,
                Role=role,
                Code={"ZipFile": code.getvalue()},
                Runtime="python3.13",
                Handler="f.h",
            )
        for stage in STAGES:
            bus = "default" if stage.name == "ingest" else "prod"
            stack.attach(f"prod_{stage.name}", bus, "cleaner" if stage.name == "cleaner" else "work")
        yield stack


def test_a_stack_whose_events_can_go_their_way_is_fine(stack: Deployed):
    assert [(verdict, message) for verdict, message, _ in stack.found()] == [
        (Verdict.OK, "9 rules, each with an inbox that admits its events and is read"),
        (Verdict.OK, "none"),
    ]


def test_a_disabled_trigger_is_wrong_even_if_nothing_waits(stack: Deployed):
    uuid = stack.mapping("labels")
    stack.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    verdict, message, advice = stack.only()
    assert (verdict, message) == (
        Verdict.BAD,
        "nothing reads the inbox of labels: its trigger is disabled",
    )
    assert advice == f"aws lambda update-event-source-mapping --uuid {uuid} --enabled"


def test_a_trigger_that_is_gone_is_wrong(stack: Deployed):
    stack.functions.delete_event_source_mapping(UUID=stack.mapping("labels"))
    assert stack.only()[:2] == (Verdict.BAD, "nothing reads the inbox of labels: its trigger is gone")


def test_a_schedule_may_read_the_cleaners_inbox_instead(stack: Deployed):
    stack.functions.update_event_source_mapping(UUID=stack.mapping("cleaner"), Enabled=False)
    assert "nothing reads the inbox of cleaner" in stack.only()[1]
    arn = stack.functions.get_function(FunctionName="cleaner")["Configuration"]["FunctionArn"]
    stack.events.put_rule(Name="drain", ScheduleExpression="rate(5 minutes)")
    stack.events.put_targets(Rule="drain", Targets=[{"Id": "1", "Arn": arn}])
    assert [each[0] for each in stack.found()] == [Verdict.OK, Verdict.OK]
    stack.events.disable_rule(Name="drain")
    assert "nothing reads the inbox of cleaner" in stack.only()[1]


def test_dead_letters_that_nothing_reads_are_named(stack: Deployed):
    uuid = stack.mapping("labels", "dead_letters")
    stack.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    advice = f"aws lambda update-event-source-mapping --uuid {uuid} --enabled"
    assert stack.only() == (Verdict.BAD, "nothing reads the dead letters of labels", advice)


def test_a_schedule_may_have_the_dead_letters_read_instead(stack: Deployed):
    """Then there are no triggers: the default, while the local stack has them."""
    for stage in STAGES:
        stack.functions.delete_event_source_mapping(UUID=stack.mapping(stage.name, "dead_letters"))
    drain = "prod-FailuresFunctionDrain-1"
    stack.events.put_rule(Name=drain, ScheduleExpression="rate(5 minutes)")
    assert [each[0] for each in stack.found()] == [Verdict.OK, Verdict.OK]
    stack.events.disable_rule(Name=drain)
    _, message, advice = stack.only()
    assert message.startswith("nothing reads the dead letters of ")
    assert advice == f"aws events enable-rule --name {drain}"


def test_a_sweeper_that_never_runs_is_named(stack: Deployed):
    stack.events.put_rule(Name="prod-SweeperFunctionSweep-1", ScheduleExpression="rate(5 minutes)")
    assert [each[0] for each in stack.found()] == [Verdict.OK, Verdict.OK]
    stack.events.disable_rule(Name="prod-SweeperFunctionSweep-1")
    assert "images that wait too long are never noticed" in stack.only()[1]


def test_a_function_that_may_not_run_is_named(stack: Deployed):
    for function in ("work", "cleaner"):
        stack.functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    assert all("may not run" in message for _, message, _ in stack.found()[:-1])
    assert "delete-function-concurrency" in stack.found()[0][2]


def test_a_disabled_rule_is_named_with_the_command_that_enables_it(stack: Deployed):
    stack.events.disable_rule(Name="prod_metadata", EventBusName="prod")
    stack.events.disable_rule(Name="prod_ingest")
    assert [each[2] for each in stack.found()[:-1]] == [
        "aws events enable-rule --name prod_ingest --event-bus-name default",
        "aws events enable-rule --name prod_metadata --event-bus-name prod",
    ]


def test_a_rule_without_its_inbox_and_a_missing_rule_are_named(stack: Deployed):
    stack.events.remove_targets(Rule="prod_labels", EventBusName="prod", Ids=["inbox"])
    assert stack.only()[1] == "the rule prod_labels does not send to the inbox of labels"
    stack.events.delete_rule(Name="prod_labels", EventBusName="prod")
    assert stack.only()[1] == "there is no rule prod_labels: no event reaches labels"


def test_an_inbox_that_is_gone_is_named(stack: Deployed):
    stack.sqs.delete_queue(QueueUrl=stack.url("labels"))
    assert stack.only()[1] == "the inbox prod_labels_inbox of labels is gone"


def test_an_inbox_that_admits_nothing_is_named_and_a_deployment_is_not_the_advice(stack: Deployed):
    stack.sqs.set_queue_attributes(QueueUrl=stack.url("labels"), Attributes={"Policy": ""})
    _, message, advice = stack.only()
    assert message == "the policy of prod_labels_inbox does not admit events of the rule prod_labels"
    assert "A deployment does not restore it" in advice


def test_a_consumer_that_is_off_is_a_note(stack: Deployed):
    stack.attach("counter", "prod", "work")
    stack.events.disable_rule(Name="counter", EventBusName="prod")
    verdict, message, _ = stack.only()
    assert (verdict, message) == (
        Verdict.NOTE,
        "the rule counter is disabled: no event reaches the consumer counter",
    )


def test_dead_letters_are_counted(stack: Deployed):
    stack.sqs.send_message(QueueUrl=f"{QUEUES}/prod_labels_dead_letters", MessageBody="x")
    assert stack.found()[-1][:2] == (Verdict.NOTE, "waiting: labels (1)")


QUEUE, RULE = "arn:aws:sqs:eu-west-1:1:q", "arn:aws:events:eu-west-1:1:rule/b/r"


@pytest.mark.parametrize(
    ("change", "admitted"),
    [
        ({}, True),
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Action": ["sqs:*"]}, True),
        ({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:events:*:1:rule/b/*"}}}, True),
        ({"Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}, True),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o"}}}, True),  # nothing is known about it
        ({"Principal": {"Service": "sns.amazonaws.com"}}, False),
        ({"Action": "sqs:ReceiveMessage"}, False),
        ({"Resource": QUEUE + "2"}, False),
        ({"Condition": {"ArnEquals": {"aws:SourceArn": RULE + "2"}}}, False),
        ({"Condition": {"StringEquals": {"aws:SourceAccount": "2"}}}, False),
        ({"Effect": "Deny"}, False),
    ],
)
def test_a_policy_is_read_as_sqs_does(change: dict[str, Any], admitted: bool):
    assert delivery.admits(json.dumps(policy(QUEUE, RULE, **change)), QUEUE, RULE) is admitted


def test_what_is_denied_is_not_admitted_and_what_is_denied_to_others_is():
    allowed = policy(QUEUE, RULE)["Statement"]
    denied = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": QUEUE}
    assert not delivery.admits(json.dumps({"Statement": [*allowed, denied]}), QUEUE, RULE)
    others = denied | {"Condition": {"ArnNotEquals": {"aws:SourceArn": RULE}}}
    assert delivery.admits(json.dumps({"Statement": [*allowed, others]}), QUEUE, RULE)
    assert not delivery.admits("", QUEUE, RULE)


def nested(name: str) -> str:
    return f"arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/1"


@pytest.fixture
def account() -> Account:
    account = Account()
    account.answers |= {
        "cloudformation.ListStackResources": {
            "StackResourceSummaries": [
                {"ResourceType": "AWS::CloudFormation::Stack", "PhysicalResourceId": nested("prod-Labels")},
                {"ResourceType": "AWS::S3::Bucket", "PhysicalResourceId": "b"},
            ]
        },
        "cloudformation.DetectStackDrift": lambda asked: {"StackDriftDetectionId": str(asked)},
        "cloudformation.DescribeStackDriftDetectionStatus": {"DetectionStatus": "DETECTION_COMPLETE"},
        "cloudformation.DescribeStackResourceDrifts": {"StackResourceDrifts": []},
    }
    return account


def detected(account: Account) -> list[Finding]:
    return drift.detect(account.session, "prod", lambda _: None, pause=0)


def test_nested_stacks_are_compared_too(account: Account):
    (finding,) = detected(account)
    assert (finding.verdict, finding.message) == (Verdict.OK, "none in 2 stacks")
    assert account.calls.count("cloudformation.DetectStackDrift") == 2


def test_what_was_changed_by_hand_is_named(account: Account):
    changed = {
        "LogicalResourceId": "InboxPolicy",
        "StackResourceDriftStatus": "MODIFIED",
        "PropertyDifferences": [{"PropertyPath": "/PolicyDocument/Statement/0"}],
    }

    def drifts(asked: Any) -> dict[str, Any]:
        return {"StackResourceDrifts": [changed] if "prod-Labels" in str(asked) else []}

    account.answers["cloudformation.DescribeStackResourceDrifts"] = drifts
    (finding,) = detected(account)
    assert finding.verdict is Verdict.BAD
    what = "InboxPolicy of prod-Labels was modified outside of CloudFormation: /PolicyDocument/Statement/0"
    assert finding.message == what


def test_a_comparison_that_takes_too_long_is_a_note(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(drift, "PATIENCE", 0)
    running = {"DetectionStatus": "DETECTION_IN_PROGRESS"}
    account.answers["cloudformation.DescribeStackDriftDetectionStatus"] = running
    (finding,) = doctor.compared(account.session, "prod")
    assert (finding.verdict, finding.message) == (Verdict.NOTE, "not compared after 0 s: prod, prod-Labels")
    assert "• prod compared with its template: not completely" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({}, Verdict.NOTE),
        ({"StackDriftStatus": "DRIFTED"}, Verdict.BAD),
        ({"StackDriftStatus": "IN_SYNC"}, Verdict.NOTE),
    ],
)
def test_without_the_option_the_last_result_is_told(account: Account, known: Any, verdict: Verdict):
    account.answers["cloudformation.DescribeStacks"] = {"Stacks": [{"DriftInformation": known}]}
    (finding,) = drift.last_known(account.session, "prod")
    assert finding.verdict is verdict


def test_drift_is_of_a_stack_on_aws():
    raised = CliRunner().invoke(main.app, ["doctor", "--drift"]).exception
    assert isinstance(raised, Problem)
    assert raised.exit_code == 2
