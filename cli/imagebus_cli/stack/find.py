"""Find the stack a command works on: one on AWS by name, or else the local one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack

if TYPE_CHECKING:
    import boto3


class Outputs(dict[str, str]):
    """A stack's outputs by name. A missing one is a Problem: the stack is not imagebus, or an old version."""

    def __missing__(self, name: str) -> str:
        raise Problem(f"The stack has no output {name}.", "Check it: imagebus doctor --stack NAME")


def session_of(profile: str | None, region: str | None) -> boto3.Session:
    """AWS_REGION counts, as for the AWS CLI and other SDKs; boto3 reads only AWS_DEFAULT_REGION."""
    import boto3

    return boto3.Session(profile_name=profile, region_name=region or os.environ.get("AWS_REGION") or None)


def find(name: str | None, *, profile: str | None = None, region: str | None = None) -> Stack:
    """`profile` and `region` are only allowed with the name of a stack on AWS.

    Raises Problem if no local stack is running, and what boto3 raises if AWS has no such stack.
    """
    if name is None:
        if profile or region:
            raise Problem("--profile and --region are for a stack on AWS.", "Add --stack NAME.", exit_code=2)
        try:
            import imagebus_local
        except ModuleNotFoundError:
            raise Problem("Only a checkout has a local stack.", "Name a stack on AWS with --stack.") from None
        status = imagebus_local.status()
        if status.state != "up" or status.local is None:
            raise Problem("The local AWS is not running.", "Run: imagebus local up, or name a --stack.")
        return Stack.local(status.local.endpoint, status.local.region, status.local.outputs)
    session = session_of(profile, region)
    described = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
    return Stack(session, Outputs(outputs))
