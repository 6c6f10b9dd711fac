"""What CloudFormation holds, in templates and on the emulator."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.core import iam_evaluator
from ministack.services import cloudformation, sqs
from ministack.services.cloudformation import helpers, provisioners

from imagebus import naming
from imagebus.events.catalog import STAGES
from imagebus_local import ministack, nesting, templates
from tests.contract.checkout import ROOT

NESTED = """
Parameters: {Seconds: {Type: String}}
Resources:
  Inbox: {Type: "AWS::SQS::Queue", Properties: {QueueName: inbox}}
  Other: {Type: "AWS::SQS::Queue", Properties: {QueueName: other, VisibilityTimeout: {Ref: Seconds}}}
Outputs: {InboxArn: {Value: {"Fn::GetAtt": [Inbox, Arn]}}}
"""
#: The longest that leaves room for the archive's name.
STACK = "s" * 41
ARN = "arn:${AWS::Partition}:%s:${AWS::Region}:${AWS::AccountId}:"


@pytest.fixture
def patched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(provisioners, "_update_resource", provisioners._update_resource)
    monkeypatch.setattr(helpers, "_resolve_template", lambda _: (NESTED, None))
    monkeypatch.setitem(cloudformation._stacks, "parent", {"StackId": "parent"})
    ministack.keep_attributes(provisioners, cloudformation._stacks)
    yield
    sqs.reset()


def resources() -> dict[str, Any]:
    found: dict[str, Any] = nesting.flat(templates.read(ROOT / "template.yml"), ROOT)["Resources"]
    return found


def named(expression: dict[str, str]) -> str:
    return expression["Fn::Sub"].replace("${AWS::StackName}", STACK).replace("${EventBus}", STACK)


@pytest.mark.usefixtures("patched")
def test_an_update_of_a_nested_stack_leaves_unchanged_resources_their_attributes() -> None:
    """CloudFormation does not touch them.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudformation-stack.html
    """
    before, after = ({"TemplateURL": "s3", "Parameters": {"Seconds": text}} for text in ("30", "40"))
    stack, outputs = provisioners._cfn_nested_stack_create("Nested", before, "parent")
    assert provisioners._cfn_nested_stack_update(stack, before, after, "parent") == (stack, outputs)
    assert outputs["Outputs.InboxArn"].endswith(":inbox")


def test_a_stacks_template_names_its_nested_templates_as_s3_does() -> None:
    """`sam delete` removes them from S3 by these addresses."""
    body = b"Resources: {A: {Properties: {TemplateURL: http://127.0.0.1:4566/bucket/a.template}}}"
    handlers = {"GetTemplate": lambda _: (200, {}, body)}
    ministack.name_templates_as_s3_does(handlers)
    assert b"TemplateURL: https://s3.amazonaws.com/bucket/a.template}" in handlers["GetTemplate"]({})[2]


@pytest.mark.parametrize("allows", [True, False])
def test_a_policy_that_asks_for_tls_is_satisfied_on_the_loopback(
    monkeypatch: pytest.MonkeyPatch, allows: bool
) -> None:
    context = iam_evaluator.EvalContext(
        principal_arn="arn:aws:iam::000000000000:root",
        principal_type="Account",
        principal_account="000000000000",
        region="us-east-1",
        action="sqs:SendMessage",
        resource_arn="arn:aws:sqs:us-east-1:000000000000:inbox",
    )
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    policy = {"Version": "2012-10-17", "Statement": [{**deny, "Condition": insecure}]}
    if allows:
        resolve = iam_evaluator._resolve_condition_key
        monkeypatch.setattr(iam_evaluator, "_resolve_condition_key", resolve)
        ministack.treat_loopback_as_tls(iam_evaluator)
    assert iam_evaluator.resource_policy_allows(policy, context, same_account=True) is allows


@pytest.mark.parametrize(
    ("kind", "name", "longest"),
    [
        # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
        ("AWS::Events::Rule", "Name", 64),
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
        ("AWS::SQS::Queue", "QueueName", 80),
        # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
        ("AWS::Logs::LogGroup", "LogGroupName", 512),
    ],
)
def test_the_names_of_the_longest_stack_are_short_enough(kind: str, name: str, longest: int) -> None:
    names = [
        named(each["Properties"][name])
        for each in resources().values()
        if each["Type"] == kind and name in each["Properties"]
    ]
    assert len(names) >= len(STAGES)
    assert max(map(len, names)) <= longest


def test_a_stages_rule_and_queues_have_the_names_that_the_code_expects() -> None:
    found = resources()
    for stage in STAGES:
        prefix = stage.name.title()
        rule, inbox, letters = (
            found[prefix + kind]["Properties"] for kind in ("Rule", "Inbox", "DeadLetters")
        )
        assert named(rule["Name"]) == naming.rule_name(STACK, stage.name)
        assert named(letters["QueueName"]) == naming.dead_letters_name(STACK, stage.name)
        pattern = found["ApiFunction"]["Properties"]["Environment"]["Variables"]["INBOX_URLS"]
        assert naming.inbox_urls(named(pattern))[stage.name].endswith(f"/{named(inbox['QueueName'])}")
        bus = "" if rule["EventBusName"] == "default" else f"{STACK}/"
        assert naming.stage_of(f"arn:aws:events:eu-west-1:1:rule/{bus}{named(rule['Name'])}") == stage.name
        assert naming.stage_of(f"arn:aws:sqs:eu-west-1:1:{named(letters['QueueName'])}") == stage.name


@pytest.mark.parametrize(
    "arn", ["arn:aws:sqs:eu-west-1:1:imagebus-undelivered", "arn:aws:sqs:eu-west-1:1:x_y_inbox"]
)
def test_another_queue_belongs_to_no_stage(arn: str) -> None:
    assert naming.stage_of(arn) is None


def granted(role: str, sid: str) -> str:
    """The one pattern among the resources of a statement."""
    (policy,) = resources()[role]["Properties"]["Policies"]
    (statement,) = [each for each in policy["PolicyDocument"]["Statement"] if each.get("Sid") == sid]
    (pattern,) = [each for each in _as_list(statement["Resource"]) if "Fn::Sub" in each]
    return named(pattern)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_a_pattern_of_queues_matches_those_of_every_stage_and_of_no_other_stack() -> None:
    """A stack's name has no underscore.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    """
    for pattern, queue in (
        (granted("FailuresRole", "DeadLetters"), "dead_letters"),
        (granted("ApiRole", "Retry"), "inbox"),
    ):
        for stage in STAGES:
            assert fnmatch.fnmatchcase(ARN % "sqs" + f"{STACK}_{stage.name}_{queue}", pattern)
        for other in (
            f"{STACK}-two_validator_{queue}",
            f"other_validator_{queue}",
            f"{STACK}-tagger_{queue}",
        ):
            assert not fnmatch.fnmatchcase(ARN % "sqs" + other, pattern)


def test_only_the_rules_of_this_stack_may_send_undelivered_events() -> None:
    policy = resources()["UndeliveredQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
    patterns = [named(each) for each in policy["Condition"]["ArnLike"]["aws:SourceArn"]]
    rules = {name: each["Properties"] for name, each in resources().items() if name.endswith("Rule")}
    senders = {
        name
        for name, rule in rules.items()
        if "UndeliveredQueue" in str(rule["Targets"][0]["DeadLetterConfig"])
    }
    assert senders == {f"{stage.name.title()}Rule" for stage in STAGES}
    for name in senders:
        bus = "" if rules[name]["EventBusName"] == "default" else f"{STACK}/"
        arn = f"{ARN % 'events'}rule/{bus}{named(rules[name]['Name'])}"
        assert any(fnmatch.fnmatchcase(arn, pattern) for pattern in patterns), name
    for other in (f"{STACK}-two/{STACK}-two_validator", f"{STACK}-two_ingest", f"{STACK}/{STACK}-tagger"):
        arn = f"{ARN % 'events'}rule/{other}"
        assert not any(fnmatch.fnmatchcase(arn, pattern) for pattern in patterns), other
