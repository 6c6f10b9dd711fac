"""`imagebus deploy`."""

from __future__ import annotations

import os
from typing import Annotated

import typer


def deploy(
    stack: Annotated[str, typer.Option(help="Name of the CloudFormation stack.")] = "imagebus",
    parameter: Annotated[
        list[str] | None, typer.Option(help="A template parameter, NAME=VALUE; may be repeated.")
    ] = None,
    runtime: Annotated[
        str | None, typer.Option(help="Lambda runtime, such as python3.12 (default: as in template.yml).")
    ] = None,
    architecture: Annotated[
        str | None, typer.Option(help="x86_64 or arm64 (default: as in template.yml).")
    ] = None,
) -> None:
    """Build and deploy to the AWS account that your credentials are for, with the SAM CLI."""
    from imagebus_cli import terminal
    from imagebus_cli.problem import Problem
    from imagebus_local import Places, deploy_real

    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        raise Problem(f"AWS_ENDPOINT_URL is {endpoint}, no AWS account.", "Unset it: unset AWS_ENDPOINT_URL")
    pairs = [each.partition("=") for each in parameter or ()]
    if wrong := next((name for name, equals, _ in pairs if not name or not equals), None):
        raise Problem(f"--parameter {wrong} has no value.", "Write it as NAME=VALUE.", exit_code=2)
    with terminal.step(f"{stack} deployed") as say:
        said = deploy_real(
            Places.find().root,
            stack=stack,
            parameters={name: value for name, _, value in pairs},
            python=runtime,
            machine=architecture,
            say=say,
        )
    terminal.console.print(terminal.safe(said[-4000:]), soft_wrap=True)
