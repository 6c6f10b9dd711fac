"""Rules of AWS about the template that the emulator does not enforce."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from imagebus_local import templates
from tools.security.translate import Template, translated

ROOT = Path(__file__).parents[2]

#: Where a type holds a name that is unique in the account or beyond, in all regions.
GLOBAL_NAMES = {
    "AWS::CloudFront::CachePolicy": ("CachePolicyConfig", "Name"),
    "AWS::CloudFront::Function": ("Name",),
    "AWS::CloudFront::OriginAccessControl": ("OriginAccessControlConfig", "Name"),
    "AWS::CloudFront::OriginRequestPolicy": ("OriginRequestPolicyConfig", "Name"),
    "AWS::CloudFront::ResponseHeadersPolicy": ("ResponseHeadersPolicyConfig", "Name"),
    "AWS::CloudWatch::Dashboard": ("DashboardName",),
    "AWS::IAM::Group": ("GroupName",),
    "AWS::IAM::InstanceProfile": ("InstanceProfileName",),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName",),
    "AWS::IAM::Role": ("RoleName",),
    "AWS::IAM::User": ("UserName",),
    "AWS::S3::Bucket": ("BucketName",),
}
#: What a service refuses to delete while the property is set.
PROTECTED = {
    "AWS::Cognito::UserPool": "DeletionProtection",
    "AWS::DynamoDB::GlobalTable": "DeletionProtectionEnabled",
    "AWS::DynamoDB::Table": "DeletionProtectionEnabled",
    "AWS::Logs::LogGroup": "DeletionProtectionEnabled",
    "AWS::RDS::DBInstance": "DeletionProtection",
}


@cache
def template() -> Template:
    return translated(ROOT / "template.yml")


def of_type(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, each in template()["Resources"].items():
        if each["Type"] == kind:
            yield name, each


def value(node: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        node = node.get(key, {})
    return node


@pytest.mark.parametrize("kind", GLOBAL_NAMES)
def test_a_global_name_contains_the_region(kind: str) -> None:
    """Otherwise the same stack name fails in a second region.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
    """
    for name, each in of_type(kind):
        given = value(each["Properties"], GLOBAL_NAMES[kind])
        assert not given or "${AWS::Region}" in given["Fn::Sub"], name


@pytest.mark.parametrize("kind", PROTECTED)
def test_what_refuses_deletion_is_kept_when_the_first_deployment_fails(kind: str) -> None:
    """RetainExceptOnCreate deletes it in the rollback, DynamoDB refuses, and the stack is ROLLBACK_FAILED.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html
    """
    for name, each in of_type(kind):
        if each["Properties"].get(PROTECTED[kind], False) is not False:
            assert each["DeletionPolicy"] == each["UpdateReplacePolicy"] == "Retain", name


def test_undelivered_events_do_not_depend_on_the_key_of_the_inboxes() -> None:
    """EventBridge dead-letters an event when it may not use the key of the target's queue.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    """
    queue = template()["Resources"]["UndeliveredQueue"]["Properties"]
    assert queue["SqsManagedSseEnabled"] is True
    assert "KmsMasterKeyId" not in queue


def test_an_event_that_reaches_no_queue_raises_an_alarm() -> None:
    """The metric of a rule on a custom bus has two dimensions, that of a rule on the default bus one.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
    """
    rules = {
        n: each["Properties"]
        for n, each in of_type("AWS::Events::Rule")
        if "EventPattern" in each["Properties"]
    }
    alarms = {
        name: each["Properties"]
        for name, each in of_type("AWS::CloudWatch::Alarm")
        if each["Properties"]["MetricName"] == "InvocationsFailedToBeSentToDlq"
    }
    assert len(rules) == len(alarms) == 9
    for name, rule in rules.items():
        bus = {"EventBusName": rule["EventBusName"]} if rule["EventBusName"] != "default" else {}
        alarm = alarms[name.removesuffix("Rule") + "LostEvents"]
        dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
        assert alarm["Namespace"] == "AWS/Events"
        assert dimensions == {"RuleName": rule["Name"], **bus}, name


def test_a_layer_that_other_stacks_name_keeps_its_old_versions() -> None:
    """A function cannot be updated or rolled back to a layer version that was deleted.

    https://docs.aws.amazon.com/lambda/latest/dg/creating-deleting-layers.html
    """
    layers = dict(of_type("AWS::Lambda::LayerVersion"))
    published = [each["Properties"]["Value"] for _, each in of_type("AWS::SSM::Parameter")]
    named = {value["Ref"] for value in published if value.get("Ref") in layers}
    assert len(named) == 1
    assert {name for name, each in layers.items() if each.get("DeletionPolicy") == "Retain"} == named


def test_the_archive_is_deleted_with_its_bus_and_not_before() -> None:
    """An archive has a managed rule on its bus, and a bus with rules cannot be deleted.

    So an archive that outlived the stack would leave it in DELETE_FAILED, and its fixed name would stop the
    next deployment. What refers to the bus is deleted before it.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive-event.html
    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteEventBus.html
    """
    resources = template()["Resources"]
    for name in ("EventBus", "Archive"):
        assert resources[name].get("DeletionPolicy", "Delete") == "Delete"
    on_the_bus = [
        each
        for _, each in [*of_type("AWS::Events::Rule"), *of_type("AWS::Events::Archive")]
        if "EventBus" in templates.references(each)
    ]
    assert len(on_the_bus) == 9


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a1b2",
        "https://tenant.eu.auth0.com/",
    ],
)
def test_an_issuer_may_end_in_a_slash(issuer: str) -> None:
    """https://auth0.com/docs/secure/tokens/access-tokens/validate-access-tokens"""
    assert re.fullmatch(template()["Parameters"]["JwtIssuer"]["AllowedPattern"], issuer)


def test_the_stack_fits_into_a_new_account_but_for_throttles_that_are_retried() -> None:
    """A new account may have 10 concurrent executions, and a mapping takes no limit below 2.

    A throttled message counts as received, so docs/limits.md raises MaxReceiveCount for such an account.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    parameters = template()["Parameters"]
    mappings = [each["Properties"] for _, each in of_type("AWS::Lambda::EventSourceMapping")]
    limits = {
        each["ScalingConfig"]["MaximumConcurrency"]["Ref"]
        for each in mappings
        if isinstance(each["ScalingConfig"]["MaximumConcurrency"], dict)
    }
    assert {parameters[name]["MinValue"] for name in limits} == {2}
    advice = (ROOT / "docs/limits.md").read_text(encoding="utf-8")
    for name in limits:
        assert f"{name}=2" in advice
    raised = re.search(r"MaxReceiveCount=(\d+)", advice)
    assert raised
    assert (
        parameters["MaxReceiveCount"]["Default"] < int(raised[1]) <= parameters["MaxReceiveCount"]["MaxValue"]
    )
    assert not [
        each
        for each in of_type("AWS::Lambda::Function")
        if "ReservedConcurrentExecutions" in each[1]["Properties"]
    ]


def test_data_that_was_kept_can_be_imported_into_a_new_stack() -> None:
    """Its properties depend on parameters only, so a template of the data alone is complete.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html
    """
    known = template()["Parameters"].keys() | {"AWS::NoValue"}
    for kind in ("AWS::S3::Bucket", "AWS::DynamoDB::Table"):
        for name, each in of_type(kind):
            assert templates.references(each["Properties"]) - known == set(), name
