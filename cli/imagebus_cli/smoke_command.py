"""`imagebus smoke`."""

from __future__ import annotations

from typing import Annotated

import typer


def smoke(
    stack: Annotated[
        str | None, typer.Option(help="CloudFormation stack on AWS (default: the local one).")
    ] = None,
    patience: Annotated[float, typer.Option(help="Seconds to wait for the image.")] = 120,
) -> None:
    """One image through a deployed stack: uploaded, completed, and erased again."""
    import uuid
    from datetime import UTC, datetime

    from imagebus_cli import terminal
    from imagebus_cli.erase import erase
    from imagebus_cli.load import picture
    from imagebus_cli.problem import Problem
    from imagebus_cli.uploads import Upload, seconds, wait
    from imagebus_cli.where import find

    found = find(stack)
    upload = Upload(f"smoke/{uuid.uuid4().hex}.jpg", "", datetime.now(UTC))
    found.s3.put_object(Bucket=found.uploads, Key=upload.key, Body=picture(0), ContentType="image/jpeg")
    try:
        item = wait(found, [upload], patience=patience).get(upload.key, {})
        if item.get("status") != "completed":
            raise Problem(
                f"The image is {item.get('status', 'nowhere')}.", "See docs/runbook.md.", exit_code=1
            )
        terminal.console.print(f"[green]✓[/] completed in {seconds(upload, item):.1f} s")
    finally:
        erase(found, upload.key)
