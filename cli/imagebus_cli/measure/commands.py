"""`imagebus cost`, `latency` and `load`."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagebus_cli.command import LocalPort, Target, command

if TYPE_CHECKING:
    from imagebus_cli.measure.cost import Line
    from imagebus_cli.output.writer import Output

Report = Annotated[
    Path | None,
    typer.Option("--write", help="Also write the report to this Markdown file.", show_default=False),
]


@command
def cost(
    target: Target,
    out: Output,
    prefix: Annotated[str, typer.Option(help="Only images whose key starts with this.")] = "",
    images: Annotated[int, typer.Option(min=1, help="Read at most this many completed images.")] = 100,
    prices: Annotated[
        str, typer.Option(help="Whose prices: us-east-1 or eu-west-1.", metavar="REGION")
    ] = "us-east-1",
    per: Annotated[int, typer.Option(min=1, help="Give the price of this many images.")] = 1000,
) -> None:
    """Show the price per 1,000 images by component, computed from the usage in the images' own events."""
    from rich.table import Table

    from imagebus_cli.measure.cost import lines, load_prices, used
    from imagebus_cli.measure.idle import idle
    from imagebus_cli.output import terminal
    from imagebus_cli.problem import Problem

    try:
        price, free, as_of = load_prices(prices)
    except KeyError:
        raise Problem(
            f"There are no prices for {prices}.", "Use us-east-1 or eu-west-1.", exit_code=2
        ) from None
    stack = target.find()
    store = stack.store
    completed = (
        (key, item)
        for key in stack.table.image_keys()
        if key.startswith(prefix) and (item := store.status(key)) and item["status"] == "completed"
    )
    found = [used(store.latest(key), item) for key, item in islice(completed, images)]
    if not found:
        raise Problem("There are no completed images.", "Upload some first: make demo, or imagebus load")
    of_images = lines(found, price, scale=per / len(found))
    of_a_month = idle(price, free)
    if out.as_json:
        document = {
            "prices": {"region": prices, "as_of": as_of},
            "images_seen": len(found),
            "images": {"number": per, **_document(of_images)},
            "idle_month": _document(of_a_month),
        }
        out.write(document)
        return
    parts = [
        (f"{per:,} images like these {len(found)}", of_images),
        ("One idle month, with the default parameters", of_a_month),
    ]
    for title, priced in parts:
        table = Table("component", "quantity", "unit", "USD", title=f"{title}, {prices}, {as_of}")
        for line in priced:
            if line.quantity:
                table.add_row(line.component, f"{line.quantity:,.2f}", line.unit, f"{line.usd:.4f}")
        table.add_row("Total", "", "", f"{sum(line.usd for line in priced):.4f}", style="bold")
        terminal.console.print(table)
    terminal.console.print("Computed, not billed. docs/cost.md says what is assumed and left out.")


def _document(priced: list[Line]) -> dict[str, Any]:
    return {"usd": sum(line.usd for line in priced), "components": [vars(line) for line in priced]}


@command
def latency(
    out: Output,
    write: Report = None,
    port: LocalPort = None,
    runs: Annotated[int, typer.Option(min=1, help="Number of warm single uploads.")] = 10,
    batches: Annotated[int, typer.Option(min=1, help="Number of warm batches of 50 images.")] = 3,
) -> None:
    """Measure the time from upload to completion on a fresh local stack: one 12 MP JPEG, then 50 images."""
    from imagebus_cli.measure.latency import BATCH, report, run
    from imagebus_cli.output import terminal

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
    out.write(document, *text.splitlines())


@command
def load(
    out: Output,
    count: Annotated[int, typer.Option(min=1, help="Number of images.")] = 500,
    rate: Annotated[float, typer.Option(min=0.1, help="Images per second.")] = 20.0,
    minutes: Annotated[
        float, typer.Option(min=0, help="Soak test: upload for this long instead of --count images.")
    ] = 0,
    max_growth: Annotated[
        float, typer.Option(help="Percent by which memory per worker may grow in a soak test.")
    ] = 5.0,
    port: LocalPort = None,
    write: Report = None,
) -> None:
    """Upload to the local AWS at a fixed rate; report latency, throughput, lost, stuck and duplicate results.

    Exits with 1 if an image did not complete or was not announced exactly once, or if memory grew too much
    in a soak test.
    """
    import imagebus_local
    from imagebus_cli.local.running import local_stack
    from imagebus_cli.measure.load import run
    from imagebus_cli.measure.load_report import chart, document, markdown
    from imagebus_cli.measure.processes import Watch
    from imagebus_cli.output import terminal
    from imagebus_cli.problem import Problem

    total = int(minutes * 60 * rate) if minutes else count
    with local_stack(port) as local:
        state = imagebus_local.status().local
        if state is None:
            raise Problem("The local AWS went down.", "Run it again: make load")
        watch = Watch(state.pid, imagebus_local.Places.find().run)
        with terminal.step(f"{total} images, {rate:g} per second") as say:
            result = run(local.stack, watch, count=total, rate=rate, progress=say)
            if result.stuck:
                say.unfinished(f"{result.stuck} did not finish")
    text = markdown(result, rate=rate, soak=bool(minutes))
    out.write(document(result), *text.splitlines())
    if write:
        write.parent.mkdir(parents=True, exist_ok=True)
        picture = write.with_suffix(".svg")
        picture.write_text(chart(result), encoding="utf-8")
        write.write_text(f"{text}\n![latency and memory over time]({picture.name})\n", encoding="utf-8")
    if not result.clean:
        raise Problem("Some images did not complete, or were not announced exactly once.", exit_code=1)
    if minutes and max(result.growth) * 100 > max_growth:
        raise Problem(f"Memory or temporary files grew by more than {max_growth:g} %.", exit_code=1)
