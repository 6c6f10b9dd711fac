"""`imagebus load`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def load(
    count: Annotated[int, typer.Option(min=1, help="How many images.")] = 500,
    rate: Annotated[float, typer.Option(min=0.1, help="How many a second.")] = 20.0,
    minutes: Annotated[
        float, typer.Option(min=0, help="Soak: upload for so long instead of a fixed number.")
    ] = 0,
    max_growth: Annotated[float, typer.Option(help="Percent that memory per worker may grow.")] = 5.0,
    port: Annotated[int | None, typer.Option(min=1024, max=65535, help="Port of the emulator.")] = None,
    write: Annotated[
        Path | None, typer.Option(help="Also write the report to this Markdown file.", show_default=False)
    ] = None,
) -> None:
    """Upload at a rate to the local AWS: latencies, throughput, lost, stuck, duplicates, growth."""
    import imagebus_local
    from imagebus_cli import terminal
    from imagebus_cli.load import run
    from imagebus_cli.load_report import chart, markdown
    from imagebus_cli.local_stack import local_stack
    from imagebus_cli.problem import Problem
    from imagebus_cli.processes import Watch

    total = int(minutes * 60 * rate) if minutes else count
    with local_stack(port) as local:
        state = imagebus_local.status().local
        if state is None:
            raise Problem("The local AWS went down.", "Run it again: make load")
        watch = Watch(state.pid, imagebus_local.Places.find().run)
        with terminal.step(f"{total} images, {rate:g} a second") as say:
            outcome = run(local.stack, watch, count=total, rate=rate, progress=say)
    text = markdown(outcome, rate=rate, soak=bool(minutes))
    for line in text.splitlines():
        terminal.console.print(terminal.safe(line), soft_wrap=True)
    if write:
        picture = write.with_suffix(".svg")
        picture.write_text(chart(outcome), encoding="utf-8")
        write.write_text(f"{text}\n![latency and memory over time]({picture.name})\n", encoding="utf-8")
    if not outcome.clean:
        raise Problem("Not every image came to a good end, told once.", exit_code=1)
    if minutes and max(outcome.growth) * 100 > max_growth:
        raise Problem(f"Memory or temporary files grew by more than {max_growth:g} %.", exit_code=1)
