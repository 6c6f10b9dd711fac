"""`imagebus latency`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def latency(
    write: Annotated[
        Path | None, typer.Option(help="Also write the report to this Markdown file.", show_default=False)
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1024, max=65535, help="Port of the emulator (default: 4566, or the next free one)."),
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="How many warm single uploads.")] = 10,
    batches: Annotated[int, typer.Option(min=1, help="How many warm batches of 50.")] = 3,
) -> None:
    """Measure upload to completed on a fresh embedded AWS: one warm 12 MP JPEG, and 50 images at once."""
    from imagebus_cli.latency import run

    run(write, port=port, runs=runs, batches=batches)
