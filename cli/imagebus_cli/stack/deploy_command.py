"""`imagebus deploy`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from imagebus_cli.options import AsJson


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
    profile: Annotated[
        str | None, typer.Option(help="AWS profile (default: your environment's).", show_default=False)
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="AWS region (default: your environment's).", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Build and deploy to the AWS account that your credentials are for, with the SAM CLI."""
    from imagebus_cli.output import outcome, terminal
    from imagebus_cli.problem import Problem
    from imagebus_local import Places, deploy_real

    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        raise Problem(f"AWS_ENDPOINT_URL is {endpoint}, no AWS account.", "Unset it: unset AWS_ENDPOINT_URL")
    pairs = [each.partition("=") for each in parameter or ()]
    if wrong := next((name for name, equals, _ in pairs if not name or not equals), None):
        raise Problem(f"--parameter {wrong} has no value.", "Write it as NAME=VALUE.", exit_code=2)
    _point_sam_at(profile, region)
    with outcome.step(f"{stack} deployed", quiet=as_json) as say:
        said = deploy_real(
            Places.find().root,
            stack=stack,
            parameters={name: value for name, _, value in pairs},
            python=runtime,
            machine=architecture,
            say=say,
        )
    if as_json:
        outcome.tell({"stack": stack, "sam": said}, as_json)
    else:
        terminal.console.print(terminal.safe(said[-4000:]), soft_wrap=True)


def _point_sam_at(profile: str | None, region: str | None) -> None:
    """The SAM CLI takes them from the environment, where keys would win over a profile."""
    if profile:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)
        os.environ["AWS_PROFILE"] = profile
    if region:
        os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = region
