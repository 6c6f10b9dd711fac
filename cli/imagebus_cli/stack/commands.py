"""`imagebus doctor` and `smoke`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import Target, command

if TYPE_CHECKING:
    from imagebus_cli.output.writer import Output
    from imagebus_cli.stack.deployed import Stack


@command
def doctor(target: Target, out: Output) -> None:
    """Check that everything imagebus needs is present, and say how to fix what is not.

    Checks this computer and the local stack; with --stack, also that stack. Exits with 1 if something is
    wrong. A note (the local stack is down, there are no AWS credentials) is not an error.
    """
    from imagebus_cli.stack import findings as found
    from imagebus_cli.stack.doctor import credentials, here, on_aws

    findings = [*here(), credentials(target.profile, target.region)]
    if target.name is not None:
        findings += on_aws(target.name, target.profile, target.region)
    bad = found.bad(findings)
    found.show(findings, out)
    document = {"ok": not bad, "findings": [vars(finding) for finding in findings]}
    out.write(document, f"{bad} problems found." if bad else "No problems found.")
    if bad:
        raise typer.Exit(1)


@command
def smoke(
    stack: Stack,
    out: Output,
    patience: Annotated[float, typer.Option(help="Seconds to wait for the image.")] = 120,
) -> None:
    """Send one image through the stack, then erase it. Exits with 1 if it did not complete."""
    import uuid
    from datetime import UTC, datetime

    from imagebus_cli.images.erase import erase
    from imagebus_cli.measure.load import picture
    from imagebus_cli.problem import Problem
    from imagebus_cli.uploads.tracking import Upload, seconds, wait

    upload = Upload(f"smoke/{uuid.uuid4().hex}.jpg", "", datetime.now(UTC))
    stack.s3.put_object(Bucket=stack.uploads, Key=upload.key, Body=picture(0), ContentType="image/jpeg")
    try:
        item = wait(stack, [upload], patience=patience).get(upload.key, {})
        status = item.get("status")
        took = round(seconds(upload, item), 3) if item else None
        document = {"image_key": upload.key, "status": status, "seconds": took}
        out.write(document, f"{status} in {took} s" if item else f"not finished after {patience:g} s")
        if status != "completed":
            raise Problem("The image did not complete.", "See docs/runbook.md.", exit_code=1)
    finally:
        erase(stack, upload.key)
