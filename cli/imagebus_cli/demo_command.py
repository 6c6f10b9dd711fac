"""`imagebus demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    images: Annotated[
        Path | None, typer.Option(help="Upload this folder instead of the sample images.", show_default=False)
    ] = None,
    output: Annotated[Path, typer.Option(help="Where derived images and the contact sheet go.")] = Path(
        "demo-output"
    ),
    port: Annotated[
        int | None,
        typer.Option(min=1024, max=65535, help="Port of the emulator (default: 4566, or the next free one)."),
    ] = None,
    patience: Annotated[
        float, typer.Option(min=1, help="Give up when no image reached its end for so many seconds.")
    ] = 120.0,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the local AWS running.")] = False,
) -> None:
    """Run the whole pipeline on the embedded AWS: upload, wait, show what happened, take everything down.

    Exits with 1 when an image did not end as expected.
    """
    from imagebus_cli.demo.run import run

    raise typer.Exit(0 if run(images, output, port=port, patience=patience, keep=keep) else 1)
