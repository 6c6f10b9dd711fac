"""`imagebus cost`."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

#: What a comparable pipeline of functions and a state machine is said to cost for 1,000 images a month.
REFERENCE_USD = 3.70


def cost(
    stack: Annotated[
        str | None, typer.Option(help="CloudFormation stack on AWS (default: the local one).")
    ] = None,
    prefix: Annotated[str, typer.Option(help="Only images whose key begins so.")] = "",
    images: Annotated[int, typer.Option(min=1, help="At most so many completed images are looked at.")] = 100,
    region: Annotated[str, typer.Option(help="Whose prices: us-east-1 or eu-west-1.")] = "us-east-1",
    per: Annotated[int, typer.Option(min=1, help="The price of how many such images.")] = 1000,
) -> None:
    """Price per 1,000 images by component, from what the images' own events say they took."""
    from rich.table import Table

    from imagebus_cli import terminal
    from imagebus_cli.cost import ALARMS, POLLED_QUEUES, idle, lines, load_prices, used
    from imagebus_cli.problem import Problem
    from imagebus_cli.where import find

    try:
        price, free, as_of = load_prices(region)
    except KeyError:
        raise Problem(
            f"There are no prices of {region}.", "Take us-east-1 or eu-west-1.", exit_code=2
        ) from None
    store = find(stack).store
    completed = (
        (key, item)
        for key in store.image_keys()
        if key.startswith(prefix) and (item := store.status(key)) and item["status"] == "completed"
    )
    found = [used(store.latest(key), item) for key, item in islice(completed, images)]
    if not found:
        raise Problem("No completed image was found.", "Upload some first: make demo, or imagebus load.")
    parts = [
        (f"{per:,} images like these {len(found)}", lines(found, price, scale=per / len(found))),
        ("A month without any", idle(price, free, queues=POLLED_QUEUES, alarms=ALARMS)),
    ]
    for title, priced in parts:
        table = Table("component", "quantity", "unit", "USD", title=f"{title}, {region}, {as_of}")
        for line in priced:
            if line.quantity:
                table.add_row(line.component, f"{line.quantity:,.2f}", line.unit, f"{line.usd:.4f}")
        table.add_row("together", "", "", f"{sum(line.usd for line in priced):.4f}", style="bold")
        terminal.console.print(table)
    terminal.console.print(f"For comparison: about ${REFERENCE_USD:.2f} per 1,000 images (docs/cost.md).")
