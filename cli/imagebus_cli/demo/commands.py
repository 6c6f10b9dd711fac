"""`imagebus demo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import LocalPort, command

if TYPE_CHECKING:
    from imagebus_cli.output.writer import Output


@command
def demo(
    out: Output,
    images: Annotated[
        Path | None, typer.Option(help="Upload this folder instead of the sample images.", show_default=False)
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder for the derived images and the contact sheet.")] = Path(
        "demo-output"
    ),
    port: LocalPort = None,
    timeout: Annotated[
        float, typer.Option(min=1, help="Give up when no image has finished for this many seconds.")
    ] = 120.0,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the local AWS running.")] = False,
) -> None:
    """Run the whole pipeline on the embedded AWS: upload, wait, show what happened, shut everything down.

    Exits with 1 if an image had an unexpected outcome.
    """
    from imagebus_cli.demo import report
    from imagebus_cli.demo.run import run

    results = run(images, output, port=port, patience=timeout, keep=keep)
    ok = report.verdict(results)
    out.write({"ok": ok, "images": [each.as_json() for each in results]})
    if not ok:
        raise typer.Exit(1)
