"""The names that a stack would give its resources, and whether the services accept them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

#: AWS account ids have twelve digits, so any of them is as long as yours.
ACCOUNT = "0" * 12


@dataclass(frozen=True)
class Limit:
    """`reserved`: how a name must not begin, in whatever case."""

    longest: int
    pattern: str = ".+"
    reserved: tuple[str, ...] = ()


@dataclass(frozen=True)
class Name:
    kind: str
    resource: str
    text: str


#: Where a type holds its name: a path of properties, then the service, operation and member of botocore.
MODELLED: Mapping[str, tuple[str, str, str, str]] = {
    "AWS::CloudWatch::Alarm": ("AlarmName", "cloudwatch", "PutMetricAlarm", "AlarmName"),
    "AWS::Events::Archive": ("ArchiveName", "events", "CreateArchive", "ArchiveName"),
    "AWS::Events::EventBus": ("Name", "events", "CreateEventBus", "Name"),
    "AWS::Events::Rule": ("Name", "events", "PutRule", "Name"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "iam", "CreatePolicy", "PolicyName"),
    "AWS::IAM::Role": ("RoleName", "iam", "CreateRole", "RoleName"),
    "AWS::Logs::LogGroup": ("LogGroupName", "logs", "CreateLogGroup", "logGroupName"),
}
#: Names whose limits botocore does not know, with the page that does.
DOCUMENTED: Mapping[str, tuple[str, Limit]] = {
    # https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginAccessControlConfig.html
    "AWS::CloudFront::OriginAccessControl": ("OriginAccessControlConfig.Name", Limit(64)),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
    "AWS::CloudWatch::Dashboard": ("DashboardName", Limit(255, "[-_A-Za-z0-9]+")),
    # https://docs.aws.amazon.com/eventbridge/latest/schema-reference/v1-registries-name-registryname.html
    "AWS::EventSchemas::Registry": ("RegistryName", Limit(64, r"[-._A-Za-z0-9]+")),
    # https://docs.aws.amazon.com/eventbridge/latest/schema-reference/v1-registries-name-registryname-schemas-name-schemaname.html
    "AWS::EventSchemas::Schema": ("SchemaName", Limit(385, r"[-._A-Za-z0-9@]+")),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    "AWS::SQS::Queue": ("QueueName", Limit(80, "[-_A-Za-z0-9]+")),
    # The limit of 1,011 counts the ARN in front of the name, which is at most 57 long.
    # https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
    "AWS::SSM::Parameter": ("Name", Limit(1011 - 57, r"[-._/A-Za-z0-9]+", reserved=("aws", "ssm"))),
}
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
STACK = Limit(128, "[a-zA-Z][-a-zA-Z0-9]*")


def problems(stack: str, region: str, root: Path) -> list[str]:
    """What is wrong with the names of a stack of template.yml in `root`, one sentence each."""
    own = Name("AWS::CloudFormation::Stack", "The stack", stack)
    if found := list(_wrong(own, STACK)):
        return found
    return [
        sentence
        for name in names(stack, region, root)
        if (limit := limits().get(name.kind))
        for sentence in _wrong(name, limit)
    ]


def longest_stack_name(region: str, root: Path) -> int:
    """How many characters a stack's name may have. Each name contains the stack's at most once."""
    short = {name.resource: name for name in names("s", region, root)}
    long = {name.resource: name for name in names("ss", region, root)}
    rooms = [
        limit.longest - len(name.text) + 1
        for resource, name in short.items()
        if long[resource].text != name.text and (limit := limits().get(name.kind))
    ]
    return min([STACK.longest, *rooms])


def names(stack: str, region: str, root: Path) -> Iterator[Name]:
    """Every name that the templates spell out. CloudFormation makes the others, and shortens them."""
    from imagebus_local import nesting

    known = {"AWS::StackName": stack, "AWS::Region": region, "AWS::AccountId": ACCOUNT}
    places = {kind: path for kind, (path, *_) in MODELLED.items()}
    places |= {kind: path for kind, (path, _) in DOCUMENTED.items()}
    for resource, each in nesting.whole(root)["Resources"].items():
        node: Any = each.get("Properties") or {}
        for key in places.get(each["Type"], "Name").split("."):
            node = node.get(key) if isinstance(node, dict) else None
        text = _text(node, known)
        if text is not None:
            yield Name(each["Type"], resource, text)


@cache
def limits() -> Mapping[str, Limit]:
    from botocore.session import get_session

    session = get_session()
    found = {kind: limit for kind, (_, limit) in DOCUMENTED.items()}
    for kind, (_, service, operation, member) in MODELLED.items():
        shape: Any = session.get_service_model(service).operation_model(operation).input_shape
        about = shape.members[member].metadata
        found[kind] = Limit(int(about["max"]), str(about.get("pattern", ".+")))
    return found


def _text(node: Any, known: Mapping[str, str]) -> str | None:
    """A name as it will be; None if there is none or it is another resource's."""
    if isinstance(node, str):
        return node
    if not isinstance(node, dict):
        return None
    ((kind, value),) = node.items()
    if kind == "Ref":
        return known.get(value)
    if kind != "Fn::Sub":
        return None
    text = re.sub(r"\$\{([\w:]+)\}", lambda match: known.get(match[1], match[0]), value)
    return None if "${" in text else text


def _wrong(name: Name, limit: Limit) -> Iterator[str]:
    if len(name.text) > limit.longest:
        yield (
            f"{name.resource} would be named {name.text}, "
            f"which has {len(name.text)} characters; at most {limit.longest} are allowed."
        )
    elif not re.fullmatch(limit.pattern, name.text):
        yield f"{name.resource} would be named {name.text}, which does not match {limit.pattern}."
    elif name.text.removeprefix("/").lower().startswith(limit.reserved):
        yield (
            f"{name.resource} would be named {name.text}, "
            f"but names that begin with {' or '.join(limit.reserved)} are reserved for AWS."
        )
