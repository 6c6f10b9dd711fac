"""`imagebus cost`."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagebus_cli.options import AsJson, Profile, Region, StackName

if TYPE_CHECKING:
    from imagebus_cli.measure.cost import Line

#: What a comparable pipeline of functions and a state machine is said to cost for 1,000 images a month.
REFERENCE_USD = 3.70


def cost(
    prefix: Annotated[str, typer.Option(help="Only images whose key begins so.")] = "",
    images: Annotated[int, typer.Option(min=1, help="At most so many completed images are looked at.")] = 100,
    prices: Annotated[
        str, typer.Option(help="Of which region: us-east-1 or eu-west-1.", metavar="REGION")
    ] = "us-east-1",
    per: Annotated[int, typer.Option(min=1, help="The price of how many such images.")] = 1000,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Price per 1,000 images by component, from what the images' own events say they took."""
    from rich.table import Table

    from imagebus_cli.measure.cost import lines, load_prices, used
    from imagebus_cli.measure.idle import idle
    from imagebus_cli.output import outcome, terminal
    from imagebus_cli.problem import Problem
    from imagebus_cli.stack.find import find

    try:
        price, free, as_of = load_prices(prices)
    except KeyError:
        raise Problem(
            f"There are no prices of {prices}.", "Take us-east-1 or eu-west-1.", exit_code=2
        ) from None
    deployed = find(stack, profile=profile, region=region)
    store = deployed.store
    completed = (
        (key, item)
        for key in deployed.table.image_keys()
        if key.startswith(prefix) and (item := store.status(key)) and item["status"] == "completed"
    )
    found = [used(store.latest(key), item) for key, item in islice(completed, images)]
    if not found:
        raise Problem("No completed image was found.", "Upload some first: make demo, or imagebus load.")
    of_images = lines(found, price, scale=per / len(found))
    of_a_month = idle(price, free)
    if as_json:
        document = {
            "prices": {"region": prices, "as_of": as_of},
            "images_seen": len(found),
            "images": {"number": per, **_document(of_images)},
            "idle_month": _document(of_a_month),
        }
        outcome.tell(document, as_json)
        return
    parts = [
        (f"{per:,} images like these {len(found)}", of_images),
        ("A month without any, with the default parameters", of_a_month),
    ]
    for title, priced in parts:
        table = Table("component", "quantity", "unit", "USD", title=f"{title}, {prices}, {as_of}")
        for line in priced:
            if line.quantity:
                table.add_row(line.component, f"{line.quantity:,.2f}", line.unit, f"{line.usd:.4f}")
        table.add_row("together", "", "", f"{sum(line.usd for line in priced):.4f}", style="bold")
        terminal.console.print(table)
    terminal.console.print(f"For comparison: about ${REFERENCE_USD:.2f} per 1,000 images (docs/cost.md).")


def _document(priced: list[Line]) -> dict[str, Any]:
    return {"usd": sum(line.usd for line in priced), "components": [vars(line) for line in priced]}
