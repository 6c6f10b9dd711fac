"""A service that acts by itself may use a customer's key only if the key's policy names it.

https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-services.html
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session

from imagebus_cli.stack import key, regions
from imagebus_local import templates
from tools.security.matrix import as_list
from tools.security.translate import Template, translated

ROOT = Path(__file__).parents[2]
POLICIES = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
}
#: Services that use the key without a resource policy: the types, and the actions that they need.
#: https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-archives.html
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
OWNERS = {
    "AWS::Events::EventBus": "events.amazonaws.com",
    "AWS::Events::Archive": "events.amazonaws.com",
    "AWS::Logs::LogGroup": "logs.${AWS::Region}.${AWS::URLSuffix}",
}
NEEDED = {
    "events.amazonaws.com": {"DescribeKey", "GenerateDataKey", "Decrypt", "ReEncryptFrom", "ReEncryptTo"},
    "logs.${AWS::Region}.${AWS::URLSuffix}": {
        *("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "DescribeKey"),
    },
    "cloudwatch.amazonaws.com": {"GenerateDataKey", "Decrypt"},
    "cloudfront.amazonaws.com": {"Decrypt"},
}
#: They use the key in the name of the caller, whose IAM policy decides, or by a grant of the deployer.
ON_BEHALF_OF_THE_CALLER = {
    "AWS::DynamoDB::Table",
    "AWS::Lambda::Function",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
}


@cache
def template() -> Template:
    return translated(ROOT / "template.yml")


@cache
def policy() -> list[dict[str, Any]]:
    made = templates.read(ROOT / "security/key.yml")["Resources"]["Key"]["Properties"]
    return [each.get("Fn::If", [None, each])[1] for each in made["KeyPolicy"]["Statement"]]


def plain(principal: Any) -> str:
    return str(principal["Fn::Sub"] if isinstance(principal, dict) else principal)


def encrypted() -> dict[str, str]:
    """What the key encrypts: logical id -> type."""
    return {
        name: each["Type"]
        for name, each in template()["Resources"].items()
        if "EncryptionKeyArn" in templates.references({**each.get("Properties", {}), "PolicyDocument": None})
        and not each["Type"].startswith("AWS::IAM::")
    }


def users() -> set[str]:
    """The services that use the key by themselves: they may write to, or read, something that it encrypts."""
    found = {OWNERS[kind] for kind in encrypted().values() if kind in OWNERS}
    for each in template()["Resources"].values():
        targets = as_list(each.get("Properties", {}).get(POLICIES.get(each["Type"], ""), []))
        if not {target["Ref"] for target in targets} & encrypted().keys():
            continue
        for conditional in each["Properties"]["PolicyDocument"]["Statement"]:
            statement = conditional.get("Fn::If", [None, conditional])[1]
            if statement["Effect"] == "Allow" and "Service" in statement["Principal"]:
                found |= {plain(service) for service in as_list(statement["Principal"]["Service"])}
    return found


def test_everything_that_can_have_the_key_has_it() -> None:
    """Bus and archive too: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-at-rest.html"""
    assert set(encrypted().values()) == OWNERS.keys() | ON_BEHALF_OF_THE_CALLER


def test_the_policy_names_exactly_the_services_that_use_the_key() -> None:
    named = {plain(each["Principal"]["Service"]) for each in policy() if "Service" in each["Principal"]}
    assert named == users() == NEEDED.keys()


@pytest.mark.parametrize("service", NEEDED)
def test_a_service_may_do_what_it_needs_in_this_account_only(service: str) -> None:
    (statement,) = (each for each in policy() if plain(each["Principal"].get("Service", "")) == service)
    patterns = [re.escape(action).replace(r"\*", ".*") for action in as_list(statement["Action"])]
    for action in NEEDED[service]:
        assert any(re.fullmatch(pattern, f"kms:{action}") for pattern in patterns), action
    assert "AWS::AccountId" in repr(statement["Condition"])


def test_the_deployer_may_use_the_key_and_give_grants_to_services_only() -> None:
    """DynamoDB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html"""
    own = [each for each in policy() if each["Principal"].get("AWS") == {"Ref": "DeployerArn"}]
    granting = [each for each in own if "kms:CreateGrant" in as_list(each["Action"])]
    assert len(own) == 2
    assert [each["Condition"] for each in granting] == [{"Bool": {"kms:GrantIsForAWSResource": "true"}}]


def test_iam_policies_of_the_account_decide_about_everybody_else() -> None:
    (root,) = (each for each in policy() if each["Sid"] == "IamPoliciesDecide")
    assert root["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    assert {each["Effect"] for each in policy()} == {"Allow"}


def test_the_key_outlives_its_stack() -> None:
    made = templates.read(ROOT / "security/key.yml")["Resources"]["Key"]
    assert made["DeletionPolicy"] == made["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize(
    ("region", "suffix"),
    [("eu-west-1", "com"), ("us-gov-east-1", "com"), ("cn-north-1", "com.cn"), ("xx-new-1", "com")],
)
def test_only_the_principal_of_logs_differs_by_partition(region: str, suffix: str) -> None:
    """In China, that of events and others still ends with .com, and that of logs does not.

    https://github.com/serverless/serverless/issues/10906, https://github.com/serverless/serverless/issues/12087
    The CDK says the same: packages/aws-cdk-lib/region-info/lib/default.ts in https://github.com/aws/aws-cdk
    """
    assert key.needed(ROOT, region).keys() == {
        *("events.amazonaws.com", "cloudwatch.amazonaws.com", "cloudfront.amazonaws.com"),
        f"logs.{region}.amazonaws.{suffix}",
    }


def test_the_policy_names_cloudfront_where_the_partition_has_it() -> None:
    """KMS refuses a principal that does not exist: MalformedPolicyDocumentException.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
    """
    template = templates.read(ROOT / "security/key.yml")
    (conditional,) = (
        each["Fn::If"]
        for each in template["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"]
        if "cloudfront" in str(each)
    )
    assert conditional[0] == "HasCloudFront"
    assert conditional[2] == {"Ref": "AWS::NoValue"}
    ((negated,),) = (template["Conditions"]["HasCloudFront"]["Fn::Not"],)
    without = {each["Fn::Equals"][1] for each in negated["Fn::Or"]}
    session = get_session()
    lacking = {session.get_partition_for_region(each) for each in regions.load()["missing"]["cloudfront"]}
    assert without == lacking
