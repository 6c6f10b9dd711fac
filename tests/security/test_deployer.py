"""security/deployer.yml allows what CloudFormation does for the template, and little else."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from imagebus_local import templates
from tools.security.translate import translated

ROOT = Path(__file__).parents[2]
REGION, ACCOUNT = "eu-west-1", "111122223333"
STACK = "imagebus-prod"

#: By resource type.
CALLS = yaml.safe_load((Path(__file__).parent / "deployer_calls.yml").read_text(encoding="utf-8"))

#: What the command line calls beside CloudFormation, on `*` where AWS has no resource for it.
COMMANDS = [
    ("cloudformation:CreateChangeSet", f"cloudformation:{REGION}:aws:transform/Serverless-2016-10-31"),
    ("cloudformation:CreateChangeSet", f"cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/8f6"),
    ("cloudformation:ListStacks", "*"),
    ("cloudformation:CreateStack", f"cloudformation:{REGION}:{ACCOUNT}:stack/aws-sam-cli-managed-default/1"),
    ("s3:PutObject", "s3:::aws-sam-cli-managed-default-samclisourcebucket-1x/imagebus/8f6"),
    ("s3:DeleteObjectVersion", f"s3:::{STACK}-uploadsbucket-1x/photo.jpg"),
    ("lambda:GetAccountSettings", "*"),
    ("servicequotas:GetServiceQuota", "*"),
    ("dynamodb:ListBackups", "*"),
    ("logs:DescribeLogGroups", "*"),
]

#: What must not be in reach.
FOREIGN = [
    ("dynamodb:DeleteTable", f"dynamodb:{REGION}:{ACCOUNT}:table/orders"),
    ("s3:GetObject", "s3:::payroll/2026.csv"),
    ("sqs:SendMessage", f"sqs:{REGION}:{ACCOUNT}:orders"),
    ("lambda:UpdateFunctionCode", f"lambda:{REGION}:{ACCOUNT}:function:billing"),
    ("iam:PutRolePolicy", f"iam::{ACCOUNT}:role/admin"),
    ("iam:CreateUser", f"iam::{ACCOUNT}:user/mallory"),
    ("iam:CreatePolicyVersion", f"iam::{ACCOUNT}:policy/imagebus-deployer-{REGION}"),
    ("cloudformation:DeleteStack", f"cloudformation:{REGION}:{ACCOUNT}:stack/website/8f6"),
    ("events:DeleteRule", f"events:{REGION}:{ACCOUNT}:rule/nightly"),
    ("kms:ScheduleKeyDeletion", f"kms:{REGION}:{ACCOUNT}:key/8f6"),
]


@cache
def policy() -> dict[str, Any]:
    template = templates.read(ROOT / "security/deployer.yml")
    document: dict[str, Any] = template["Resources"]["Policy"]["Properties"]["PolicyDocument"]
    return filled(document)


def filled(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"Fn::Sub"}:
            return filled(value["Fn::Sub"])
        return {key: filled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each) for each in value]
    values = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "Prefix": "imagebus"}
    for name, text in values.items():
        value = value.replace("${" + name + "}", text)
    return value


def decided(action: str, resource: str) -> str:
    context = EvalContext(
        principal_arn=f"arn:aws:iam::{ACCOUNT}:role/deployer",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=action,
        resource_arn=resource if resource == "*" else f"arn:aws:{resource}",
        region=REGION,
    )
    return evaluate(context, [parse_policy_document(policy())]).decision


def test_every_type_of_the_templates_is_known_here() -> None:
    resources = translated(ROOT / "template.yml", {"EnableCdn": "true"})["Resources"]
    types = {each["Type"] for each in resources.values()}
    for example in ROOT.glob("examples/*/template.yml"):
        types |= {each["Type"] for each in templates.read(example)["Resources"].values()}
    plain = {each for each in types if not each.startswith("AWS::Serverless::")}
    assert plain | {"AWS::CloudFormation::Stack"} == set(CALLS)


@pytest.mark.parametrize("kind", CALLS)
def test_what_cloudformation_does_for_a_resource_is_allowed(kind: str) -> None:
    arn = CALLS[kind]["arn"].format(r=REGION, a=ACCOUNT, s=STACK)
    assert [action for action in CALLS[kind]["actions"] if decided(action, arn) != "Allow"] == []


@pytest.mark.parametrize(("action", "resource"), COMMANDS)
def test_what_the_commands_do_is_allowed(action: str, resource: str) -> None:
    assert decided(action, resource) == "Allow"


@pytest.mark.parametrize(("action", "resource"), FOREIGN)
def test_what_belongs_to_others_is_not(action: str, resource: str) -> None:
    assert decided(action, resource) != "Allow"


def test_it_fits_into_a_managed_policy() -> None:
    # Without spaces: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    assert len("".join(str(policy()).split())) <= 6144
