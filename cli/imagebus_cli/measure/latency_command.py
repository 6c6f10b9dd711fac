"""`imagebus latency`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imagebus_cli.options import AsJson, LocalPort


def latency(
    write: Annotated[
        Path | None, typer.Option(help="Also write the report to this Markdown file.", show_default=False)
    ] = None,
    port: LocalPort = None,
    runs: Annotated[int, typer.Option(min=1, help="How many warm single uploads.")] = 10,
    batches: Annotated[int, typer.Option(min=1, help="How many warm batches of 50.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Measure upload to completed on a fresh embedded AWS: one warm 12 MP JPEG, and 50 images at once."""
    from imagebus_cli.measure.latency import BATCH, report, run
    from imagebus_cli.output import outcome, terminal

    with terminal.beside_json(as_json):
        measured = run(port=port, runs=runs, batches=batches)
        text = report(measured)
        if write:
            write.parent.mkdir(parents=True, exist_ok=True)
            write.write_text(text, encoding="utf-8")
            terminal.console.print(f"written to {write}")
    document = {
        "images_a_batch": BATCH,
        "cold_batch_seconds": measured.cold,
        "warm_batch_seconds": measured.warm,
        "single_12mp_seconds": measured.single,
    }
    outcome.tell(document, as_json, *text.splitlines())
