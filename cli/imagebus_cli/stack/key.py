"""The customer managed key: created from security/key.yml, or one's own, checked as far as can be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagebus_cli.output.text import option
from imagebus_cli.problem import Problem
from imagebus_cli.stack import settling
from imagebus_cli.stack.findings import Finding, Findings, Verdict

if TYPE_CHECKING:
    import boto3

    from imagebus_cli.output.terminal import Say

TEMPLATE = "security/key.yml"


def stack_name(stack: str) -> str:
    return f"{stack}-key"


def create(session: boto3.Session, stack: str, root: Path, say: Say) -> str:
    """The ARN of the key in the stack STACK-key, which is created if it does not exist."""
    cloudformation = session.client("cloudformation")
    name = stack_name(stack)
    if settling.status(cloudformation, name) is None:
        say(f"creating {name}")
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=(root / TEMPLATE).read_text(encoding="utf-8"),
            Parameters=[{"ParameterKey": "Name", "ParameterValue": stack}],
            OnFailure="DELETE",
            ClientRequestToken=settling.once(),
        )
    ended = settling.settled(cloudformation, name, say)
    about = cloudformation.describe_stacks(StackName=name)["Stacks"] if ended else []
    outputs = [output for each in about for output in each.get("Outputs", [])]
    found = [each["OutputValue"] for each in outputs if each["OutputKey"] == "KeyArn"]
    if not found:
        raise Problem(
            f"The stack {name} is {ended or 'gone'} and has no key.",
            f"See its events: {settling.events(name)}",
        )
    return str(found[0])


def findings(session: boto3.Session, arn: str, root: Path, *, cdn: bool) -> list[Finding]:
    """Whether the key can encrypt what the template encrypts, and its policy lets the services use it."""
    found = Findings()
    region = session.region_name or ""
    if arn.split(":")[3] != region:
        advice = f"Name a key of {region}, or create one: {option('--create-key')}"
        return [Finding("key", Verdict.BAD, f"{arn} is in another region than the stack, {region}", advice)]
    with found.reading("key"):
        client = session.client("kms")
        about: Mapping[str, Any] = client.describe_key(KeyId=arn)["KeyMetadata"]
        found += _usable(about)
        policy = json.loads(client.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
        found += _allowed(policy, root, region, cdn=cdn)
    return found or [Finding("key", Verdict.OK, arn)]


def _usable(about: Mapping[str, Any]) -> Iterator[Finding]:
    arn = about["Arn"]
    if about.get("KeyState") != "Enabled":
        advice = f"Enable it: aws kms enable-key --key-id {arn}"
        yield Finding("key", Verdict.BAD, f"the key is {about.get('KeyState')}", advice)
    kind = (about.get("KeySpec", "SYMMETRIC_DEFAULT"), about.get("KeyUsage", "ENCRYPT_DECRYPT"))
    if kind != ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"):
        what = f"the key is {kind[0]} for {kind[1]}; only a symmetric key encrypts data at rest"
        yield Finding("key", Verdict.BAD, what, f"Name another key, or create one: {option('--create-key')}")
    if about.get("KeyManager", "CUSTOMER") != "CUSTOMER":
        yield Finding(
            "key",
            Verdict.BAD,
            "it is AWS's key, whose policy cannot be changed",
            f"Create one: {option('--create-key')}",
        )


def _allowed(policy: Mapping[str, Any], root: Path, region: str, *, cdn: bool) -> Iterator[Finding]:
    """What security/key.yml allows the services, and this policy does not. Conditions are not read."""
    for service, actions in needed(root, region).items():
        if service.startswith("cloudfront.") and not cdn:
            continue
        allowed = [
            action
            for statement in _list(policy.get("Statement", []))
            if statement.get("Effect") == "Allow" and _names(statement.get("Principal"), service)
            for action in _list(statement.get("Action", []))
        ]
        if lacking := [each for each in actions if not any(_covers(pattern, each) for pattern in allowed)]:
            yield Finding(
                "key",
                Verdict.BAD,
                f"its policy does not let {service} call {', '.join(lacking)}",
                f"Add the statement for {service} of {TEMPLATE} to the key's policy.",
            )


def needed(root: Path, region: str) -> dict[str, list[str]]:
    """The actions that each service needs, by security/key.yml."""
    from imagebus_local import templates

    statements = templates.read(root / TEMPLATE)["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"]
    found: dict[str, list[str]] = {}
    for conditional in statements:
        statement = conditional.get("Fn::If", [None, conditional])[1]
        service = statement["Principal"].get("Service")
        if service is not None:
            text = service["Fn::Sub"] if isinstance(service, dict) else service
            text = text.replace("${AWS::Region}", region).replace("${AWS::URLSuffix}", _suffix(region))
            found[text] = _list(statement["Action"])
    return found


def _suffix(region: str) -> str:
    """AWS::URLSuffix of a region; that of most, if botocore does not know the region."""
    from botocore.session import get_session

    partitions: Any = get_session().get_data("partitions")["partitions"]
    suffixes = (each["outputs"]["dnsSuffix"] for each in partitions if re.match(each["regionRegex"], region))
    return next(suffixes, "amazonaws.com")


def _names(principal: Any, service: str) -> bool:
    if principal == "*":
        return True
    return isinstance(principal, dict) and service in _list(principal.get("Service", []))


def _covers(pattern: str, action: str) -> bool:
    """Whether a pattern allows an action, which may end with a star itself."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), action, re.IGNORECASE) is not None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
