"""Wait until CloudFormation has finished with a stack, and find out why it failed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

    from imagebus_cli.output.terminal import Say

#: Seconds between two looks at a stack.
EVERY = 3.0


def status(client: CloudFormationClient, stack: str) -> str | None:
    """The stack's status; None if there is no such stack. A deleted stack has one only under its id."""
    from botocore.exceptions import ClientError

    try:
        return str(client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError" and "does not exist" in str(error):
            return None
        raise


def settled(client: CloudFormationClient, stack: str, say: Say, *, review: bool = True) -> str | None:
    """The status that nothing changes any more. It can take minutes; a CloudFront distribution takes longest.

    A stack in review waits for a person. Right after the execution of its change set, it is still in review
    for a moment: then pass `review=False`.
    """
    while (now := status(client, stack)) is not None and now.endswith("_IN_PROGRESS"):
        if now == "REVIEW_IN_PROGRESS" and review:
            break
        say(f"{stack.rpartition('stack/')[2].partition('/')[0]}: {now}")
        time.sleep(EVERY)
    return now


def once() -> str:
    """A token by which CloudFormation knows a request that is sent again because its answer was lost.

    Without one it refuses the second: the stack exists already, or the change set is being executed.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    """
    return f"imagebus-{uuid.uuid4()}"


def events(stack: str) -> str:
    return f"aws cloudformation describe-stack-events --stack-name {stack}"


def failures(client: CloudFormationClient, stack: str, *, since: Any = None) -> Iterator[str]:
    """What failed, first things first. A nested stack says more than its parent."""
    found = []
    for page in client.get_paginator("describe_stack_events").paginate(StackName=stack):
        for event in page["StackEvents"]:
            if since is not None and event["Timestamp"] < since:
                break
            if not event.get("ResourceStatus", "").endswith("_FAILED"):
                continue
            reason = event.get("ResourceStatusReason", "")
            if "cancelled" in reason.lower() or event.get("PhysicalResourceId") == event["StackId"]:
                continue
            nested = event.get("ResourceType") == "AWS::CloudFormation::Stack"
            inner = event.get("PhysicalResourceId") if nested else None
            found.append((event["LogicalResourceId"], reason, inner))
    for name, reason, inner in reversed(found):
        inside = list(failures(client, inner, since=since)) if inner else []
        yield from (f"{name}.{each}" for each in inside)
        if not inside:
            yield f"{name}: {reason}"
