"""`imagebus deploy`, `doctor` and `smoke`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import Target, command

if TYPE_CHECKING:
    from imagebus_cli.output.writer import Output
    from imagebus_cli.stack.deployed import Stack


@command
def deploy(
    out: Output,
    stack_name: Annotated[
        str, typer.Option("--stack", help="Name of the CloudFormation stack.")
    ] = "imagebus",
    parameter: Annotated[
        list[str] | None, typer.Option(help="A template parameter, NAME=VALUE; repeatable.")
    ] = None,
    runtime: Annotated[
        str | None, typer.Option(help="Lambda runtime, e.g. python3.12 (default: as in template.yml).")
    ] = None,
    architecture: Annotated[
        str | None, typer.Option(help="x86_64 or arm64 (default: as in template.yml).")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="AWS profile (default: from your environment).", show_default=False)
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="AWS region (default: from your environment).", show_default=False)
    ] = None,
) -> None:
    """Build the project and deploy it to your AWS account with the SAM CLI."""
    from imagebus_cli.output import terminal
    from imagebus_cli.problem import Problem
    from imagebus_local import Places, deploy_real

    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        raise Problem(
            f"AWS_ENDPOINT_URL is {endpoint}, which is not an AWS account.", "Run: unset AWS_ENDPOINT_URL"
        )
    pairs = [each.partition("=") for each in parameter or ()]
    if wrong := next((name for name, equals, _ in pairs if not name or not equals), None):
        raise Problem(f"--parameter {wrong} has no value.", "Write it as NAME=VALUE.", exit_code=2)
    _point_sam_at(profile, region)
    with terminal.step(f"{stack_name} deployed") as say:
        log = deploy_real(
            Places.find().root,
            stack=stack_name,
            parameters={name: value for name, _, value in pairs},
            python=runtime,
            machine=architecture,
            say=say,
        )
    if out.as_json:
        out.write({"stack": stack_name, "sam": log})
    else:
        terminal.console.print(terminal.safe(log[-4000:]), soft_wrap=True)


def _point_sam_at(profile: str | None, region: str | None) -> None:
    """The SAM CLI reads the environment, where access keys would take precedence over a profile."""
    if profile:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)
        os.environ["AWS_PROFILE"] = profile
    if region:
        os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = region


@command
def doctor(target: Target, out: Output) -> None:
    """Check that everything imagebus needs is present, and say how to fix what is not.

    Checks this computer and the local stack; with --stack, also that stack. Exits with 1 if something is
    wrong. A note (the local stack is down, there are no AWS credentials) is not an error.
    """
    from imagebus_cli.output import terminal
    from imagebus_cli.stack.doctor import Verdict, credentials, here, on_aws

    marks = {Verdict.OK: "[green]✓[/]", Verdict.NOTE: "[yellow]•[/]", Verdict.BAD: "[bold red]✗[/]"}
    findings = [*here(), credentials(target.profile, target.region)]
    if target.name is not None:
        findings += on_aws(target.name, target.profile, target.region)
    bad = sum(1 for finding in findings if finding.verdict is Verdict.BAD)
    if not out.as_json:
        for finding in findings:
            line = f"{marks[finding.verdict]} {finding.what:<14} {terminal.safe(finding.message)}"
            terminal.console.print(line, soft_wrap=True)
            if finding.advice:
                terminal.console.print(f"  {'':<14} [dim]{terminal.safe(finding.advice)}[/]", soft_wrap=True)
    document = {"ok": not bad, "findings": [vars(finding) for finding in findings]}
    out.write(document, f"{bad} problems found." if bad else "No problems found.")
    if bad:
        raise typer.Exit(1)


@command
def smoke(
    stack: Stack,
    out: Output,
    patience: Annotated[float, typer.Option(help="Seconds to wait for the images.")] = 120,
    token: Annotated[
        str | None,
        typer.Option(envvar="IMAGEBUS_TOKEN", help="JWT for an API with JwtIssuer.", show_default=False),
    ] = None,
) -> None:
    """Send two images through the stack and its API, delete and erase them. Exits with 1 if a step failed.

    One is uploaded with a presigned form. The other has a key with characters that URL-encoding changes, so
    that the first deployment proves which form of a key S3's events carry. Without a --token, an API that
    needs one is left out.
    """
    from imagebus_cli.stack import smoke

    report = smoke.run(stack, token=token, patience=patience)
    if report.problem and report.problem.exit_code != 1:
        raise report.problem
    lines = [
        f"{each['image_key']}: {each['status']} in {each['seconds']} s"
        if each["seconds"] is not None
        else f"{each['image_key']}: not finished after {patience:g} s"
        for each in report.images
    ]
    if report.event_keys == "encoded":
        lines.append("S3's events carry URL-encoded keys; ingest decoded them (metric KeysDecoded).")
    elif report.event_keys == "raw":
        lines.append("S3's events carry the keys as they are.")
    if not report.through_api and report.images:
        lines.append("The API needs a token and was left out: give one with --token or IMAGEBUS_TOKEN.")
    document = {name: value for name, value in vars(report).items() if name != "problem"}
    out.write({"ok": report.problem is None, **document}, *lines)
    if report.problem:
        raise report.problem
