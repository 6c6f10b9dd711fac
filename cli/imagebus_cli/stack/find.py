"""The stack that a command is about: one on AWS by its name, else the local one."""

from __future__ import annotations

from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack


class Outputs(dict[str, str]):
    """A stack's outputs by name; one that it lacks is a Problem: it is another stack, or an old one."""

    def __missing__(self, name: str) -> str:
        raise Problem(f"The stack has no output {name}.", "Look at it: imagebus doctor --stack NAME")


def find(name: str | None, *, profile: str | None = None, region: str | None = None) -> Stack:
    """`profile` and `region` are for a stack on AWS: without its name nothing would come of them.

    Raises Problem when no local stack is up, and what boto3 raises when there is no such stack on AWS.
    """
    import boto3

    import imagebus_local

    if name is None:
        if profile or region:
            raise Problem("--profile and --region are for a stack on AWS.", "Name its --stack.", exit_code=2)
        status = imagebus_local.status()
        if status.state != "up" or status.local is None:
            raise Problem("The local AWS is not running.", "Run: imagebus local up, or name a --stack.")
        return Stack.local(status.local.endpoint, status.local.region, status.local.outputs)
    session = boto3.Session(profile_name=profile, region_name=region)
    described = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
    return Stack(session, Outputs(outputs))
