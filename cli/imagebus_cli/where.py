"""The stack that a command is about: one on AWS by its name, else the local one."""

from __future__ import annotations

from imagebus_cli.stack import Stack


def find(name: str | None, *, profile: str | None = None, region: str | None = None) -> Stack:
    """`profile` and `region` are for a stack on AWS.

    Raises Problem when there is no such stack, or no local one is up.
    """
    import boto3

    import imagebus_local
    from imagebus_cli.problem import Problem

    if name is None:
        status = imagebus_local.status()
        if status.state != "up" or status.local is None:
            raise Problem("The local AWS is not running.", "Run: imagebus local up, or name a --stack.")
        return Stack.local(status.local.endpoint, status.local.region, status.local.outputs)
    session = boto3.Session(profile_name=profile, region_name=region)
    described = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
    return Stack(session, outputs)
