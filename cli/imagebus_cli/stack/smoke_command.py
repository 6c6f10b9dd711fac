"""`imagebus smoke`."""

from __future__ import annotations

from typing import Annotated

import typer

from imagebus_cli.options import AsJson, Profile, Region, StackName


def smoke(
    patience: Annotated[float, typer.Option(help="Seconds to wait for the image.")] = 120,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """One image through a deployed stack: uploaded, completed, and erased again.

    Exits with 1 when it did not complete.
    """
    import uuid
    from datetime import UTC, datetime

    from imagebus_cli.images.erase import erase
    from imagebus_cli.measure.load import picture
    from imagebus_cli.output import outcome
    from imagebus_cli.problem import Problem
    from imagebus_cli.stack.find import find
    from imagebus_cli.uploads.tracking import Upload, seconds, wait

    found = find(stack, profile=profile, region=region)
    upload = Upload(f"smoke/{uuid.uuid4().hex}.jpg", "", datetime.now(UTC))
    found.s3.put_object(Bucket=found.uploads, Key=upload.key, Body=picture(0), ContentType="image/jpeg")
    try:
        item = wait(found, [upload], patience=patience).get(upload.key, {})
        status = item.get("status")
        took = round(seconds(upload, item), 3) if item else None
        document = {"image_key": upload.key, "status": status, "seconds": took}
        outcome.tell(
            document, as_json, f"{status} in {took} s" if item else f"not at its end in {patience:g} s"
        )
        if status != "completed":
            raise Problem("The image did not complete.", "See docs/runbook.md.", exit_code=1)
    finally:
        erase(found, upload.key)
