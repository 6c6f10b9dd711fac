"""`imagebus demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imagebus_cli.options import AsJson, LocalPort


def demo(
    images: Annotated[
        Path | None, typer.Option(help="Upload this folder instead of the sample images.", show_default=False)
    ] = None,
    output: Annotated[Path, typer.Option(help="Where derived images and the contact sheet go.")] = Path(
        "demo-output"
    ),
    port: LocalPort = None,
    patience: Annotated[
        float, typer.Option(min=1, help="Give up when no image reached its end for so many seconds.")
    ] = 120.0,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the local AWS running.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the whole pipeline on the embedded AWS: upload, wait, show what happened, take everything down.

    Exits with 1 when an image did not end as expected.
    """
    from imagebus_cli.demo import report
    from imagebus_cli.demo.run import run
    from imagebus_cli.output import outcome, terminal

    with terminal.beside_json(as_json):
        ended = run(images, output, port=port, patience=patience, keep=keep)
        well = report.verdict(ended)
    if as_json:
        outcome.tell({"ok": well, "images": [each.as_json() for each in ended]}, as_json)
    if not well:
        raise typer.Exit(1)
