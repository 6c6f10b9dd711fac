"""The price of a month before anything is deployed."""

from __future__ import annotations

from dataclasses import replace

from imagebus_cli.measure.cost import Used, lines, load_prices
from imagebus_cli.measure.idle import idle

#: A 12 MP JPEG as `make latency` measures it: four thumbnails, a watermark, no labels.
TWELVE_MEGAPIXELS = Used(
    events=7,
    deliveries=15,
    gb_seconds=0.672,
    event_bytes=11_000,
    status_bytes=6_000,
    original_bytes=4_000_000,
    derived_bytes=1_000_000,
    derived_objects=5,
    reads=5,
    rekognition_calls=0,
)
#: Whose prices stand for a region that the table lacks.
REFERENCE = "us-east-1"


def month(region: str, images: int, *, labels: bool) -> tuple[float, float, str, str]:
    """US dollars for the images and for an idle month, the region whose prices they are, and their date."""
    try:
        price, free, as_of = load_prices(region)
    except KeyError:
        region = REFERENCE
        price, free, as_of = load_prices(region)
    image = replace(TWELVE_MEGAPIXELS, rekognition_calls=int(labels), labels=10 if labels else 0)
    of_images = sum(line.usd for line in lines([image], price, scale=images))
    return of_images, sum(line.usd for line in idle(price, free)), region, as_of
