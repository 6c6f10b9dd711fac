"""`imagebus load`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imagebus_cli.options import AsJson, LocalPort


def load(
    count: Annotated[int, typer.Option(min=1, help="How many images.")] = 500,
    rate: Annotated[float, typer.Option(min=0.1, help="How many a second.")] = 20.0,
    minutes: Annotated[
        float, typer.Option(min=0, help="Soak: upload for so long instead of a fixed number.")
    ] = 0,
    max_growth: Annotated[float, typer.Option(help="Percent that memory per worker may grow.")] = 5.0,
    port: LocalPort = None,
    write: Annotated[
        Path | None, typer.Option(help="Also write the report to this Markdown file.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Upload at a rate to the local AWS: latencies, throughput, lost, stuck, duplicates, growth.

    Exits with 1 when an image did not come to a good end, told once, or a soak saw memory grow too much.
    """
    import imagebus_local
    from imagebus_cli.local.running import local_stack
    from imagebus_cli.measure.load import run
    from imagebus_cli.measure.load_report import chart, document, markdown
    from imagebus_cli.measure.processes import Watch
    from imagebus_cli.output import outcome, terminal
    from imagebus_cli.problem import Problem

    total = int(minutes * 60 * rate) if minutes else count
    with terminal.beside_json(as_json), local_stack(port) as local:
        state = imagebus_local.status().local
        if state is None:
            raise Problem("The local AWS went down.", "Run it again: make load")
        watch = Watch(state.pid, imagebus_local.Places.find().run)
        with terminal.step(f"{total} images, {rate:g} a second") as say:
            result = run(local.stack, watch, count=total, rate=rate, progress=say)
    text = markdown(result, rate=rate, soak=bool(minutes))
    outcome.tell(document(result), as_json, *text.splitlines())
    if write:
        picture = write.with_suffix(".svg")
        picture.write_text(chart(result), encoding="utf-8")
        write.write_text(f"{text}\n![latency and memory over time]({picture.name})\n", encoding="utf-8")
    if not result.clean:
        raise Problem("Not every image came to a good end, told once.", exit_code=1)
    if minutes and max(result.growth) * 100 > max_growth:
        raise Problem(f"Memory or temporary files grew by more than {max_growth:g} %.", exit_code=1)
