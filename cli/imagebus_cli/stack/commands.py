"""`imagebus doctor` and `smoke`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import Target, command

if TYPE_CHECKING:
    from imagebus_cli.output.writer import Output
    from imagebus_cli.stack.deployed import Stack


@command
def doctor(
    target: Target,
    out: Output,
    drift: Annotated[
        bool,
        typer.Option(
            "--drift",
            help="Also have CloudFormation find what was changed outside of it; takes a few minutes.",
        ),
    ] = False,
) -> None:
    """Check that everything imagebus needs is present, and say how to fix what is not.

    Checks this computer and the local stack; with --stack, also that stack: whether each rule delivers to its
    inbox and each inbox is read, dead letters, a sample of the images, quotas. Exits with 1 if something is
    wrong. A note (the local stack is down, there are no AWS credentials) is not an error.
    """
    from imagebus_cli.output.text import count
    from imagebus_cli.problem import Problem
    from imagebus_cli.stack import findings as found
    from imagebus_cli.stack.doctor import credentials, here, on_aws

    if drift and target.name is None:
        raise Problem("--drift needs --stack.", "Only CloudFormation on AWS can detect drift.", exit_code=2)
    findings = [*here(), credentials(target.profile, target.region)]
    if target.name is not None:
        findings += on_aws(target.name, target.profile, target.region, drift=drift)
    bad = found.bad(findings)
    found.show(findings, out)
    document = {"ok": not bad, "findings": [vars(finding) for finding in findings]}
    out.write(document, f"{count(bad, 'problem')} found." if bad else "No problems found.")
    if bad:
        raise typer.Exit(1)


@command
def smoke(
    stack: Stack,
    out: Output,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait for the images.")] = 120,
    token: Annotated[
        str | None,
        typer.Option(envvar="IMAGEBUS_TOKEN", help="JWT for an API with JwtIssuer.", show_default=False),
    ] = None,
) -> None:
    """Process two test images through S3 and the API, then erase them. Exits with 1 if a step failed.

    One is uploaded with a presigned form. The other has a key with characters that URL-encoding changes, to
    find out which form of a key S3's events contain. An API that needs a token is skipped without --token.
    """
    from imagebus_cli.stack import smoke

    report = smoke.run(stack, token=token, patience=timeout)
    if report.problem and report.problem.exit_code != 1:
        raise report.problem
    lines = [
        f"{each['image_key']}: {each['status']} in {each['seconds']} s"
        if each["seconds"] is not None
        else f"{each['image_key']}: not finished after {timeout:g} s, outstanding: "
        f"{', '.join(each['outstanding']) or 'its announcement (recorder)'}"
        for each in report.images
    ]
    if report.event_keys == "encoded":
        lines.append("S3's events carry URL-encoded keys; ingest decoded them (metric KeysDecoded).")
    elif report.event_keys == "raw":
        lines.append("S3's events carry the keys as they are.")
    elif report.event_keys == "unknown":
        lines.append("The log of ingest does not say yet how S3's events carry keys: run this again.")
    if not report.through_api and report.images:
        lines.append("The API needs a token and was left out: give one with --token or IMAGEBUS_TOKEN.")
    document = {name: value for name, value in vars(report).items() if name != "problem"}
    out.write({"ok": report.problem is None, **document}, *lines)
    if report.problem:
        raise report.problem
