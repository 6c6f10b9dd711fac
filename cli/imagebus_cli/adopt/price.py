"""What an import will cost, from the usage of images that the stack has completed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from imagebus.events.recipes import DerivationRequested, VariantsPruned
from imagebus.history.fold import Item
from imagebus.history.recorded import RecordedEvent
from imagebus.listing import Filters
from imagebus_cli.measure.cost import Used, lines, load_prices, used
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack

#: The newest completed images that the price is taken from.
SAMPLE = 25
LATER = (DerivationRequested.detail_type, VariantsPruned.detail_type)


def price(stack: Stack, objects: int, region: str, *, copied: bool) -> float | None:
    """US dollars for so many objects like the stack's newest images; None if it has completed none.

    With one month of storage for what is derived, and for the originals if they are copied. Raises Problem.
    """
    try:
        prices, _, _ = load_prices(region)
    except KeyError:
        raise Problem(
            f"There are no prices for {region}.", "Use us-east-1 or eu-west-1.", exit_code=2
        ) from None
    keys = [str(item["image_key"]) for item in stack.index.newest(Filters("completed"), SAMPLE, None).items]
    items = [(key, item) for key in keys if (item := stack.store.status(key))]  # the index has less of it
    images = [_for_upload(stack.store.latest(key), item) for key, item in items]
    if not images:
        return None
    if not copied:
        images = [replace(image, original_bytes=0) for image in images]
    own = prices["s3_put"] if copied else prices["sqs_request"]
    per_object = prices["s3_get"] + 2 * prices["dynamodb_read"] + own  # the import's own requests
    return objects * per_object + sum(line.usd for line in lines(images, prices, scale=objects / len(images)))


def _for_upload(log: Sequence[RecordedEvent], item: Item) -> Used:
    """Without what backfills have made of the image since, and what was pruned: an import does neither."""
    later = {event.event_id for event in log if event.detail_type in LATER}
    own = [event for event in log if later.isdisjoint((event.event_id, event.meta.get("causation_id")))]
    return used(own, {name: value for name, value in item.items() if name != "derived"})
