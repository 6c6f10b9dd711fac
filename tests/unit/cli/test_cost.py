"""The price of an image follows from its own events, and stays under the target."""

from __future__ import annotations

import pytest

from imagebus.history.recorded import RecordedEvent
from imagebus_cli.measure.cost import lines, load_prices, used
from imagebus_cli.measure.estimate import TWELVE_MEGAPIXELS, month


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_thousand_images_cost_less_than_thirty_cents_a_month(region: str) -> None:
    price, _, _ = load_prices(region)
    assert sum(line.usd for line in lines([TWELVE_MEGAPIXELS], price, scale=1000)) < 0.30


def test_the_cost_grows_with_the_number_of_images() -> None:
    price, _, _ = load_prices("us-east-1")
    one = sum(line.usd for line in lines([TWELVE_MEGAPIXELS], price))
    many = sum(line.usd for line in lines([TWELVE_MEGAPIXELS] * 10, price))
    assert many == pytest.approx(10 * one)


def test_usage_is_summed_over_the_events() -> None:
    def event(name: str, **usage: int) -> RecordedEvent:
        return RecordedEvent("imagebus.x", name, {"meta": {"event_id": name, "usage": usage}, "data": {}})

    log = [
        event("ImageUploaded", billed_ms=1),
        event("ImageValidated", billed_ms=500, memory_mb=2048, bytes_in=10),
        event("ImageWatermarked", billed_ms=1000, memory_mb=1024, bytes_in=10, bytes_out=7),
    ]
    found = used(log, {"size": 10, "watermarked": {}})
    assert found.gb_seconds == 2.0
    assert (found.derived_bytes, found.derived_objects, found.reads) == (7, 1, 2)
    assert found.labels == 0
    labels = {"labels": [{"name": name, "confidence": 9} for name in ("Cat", "cat", "Sofa")]}
    assert used(log, {"labels": labels}).labels == 2
    # recorder 3, validator 1, cleaner 1, thumbnailer, watermarker, metadata, labels 4, ingest 1
    assert found.deliveries == 10


def test_a_region_without_prices_is_an_error() -> None:
    with pytest.raises(KeyError):
        load_prices("nowhere-1")


def test_a_month_is_priced_before_anything_is_deployed() -> None:
    images, idle, region, _ = month("eu-west-1", 1000, labels=True)
    assert (1.0 < images < 1.4, 1.5 < idle < 2.0, region) == (True, True, "eu-west-1")
    assert month("eu-west-1", 1000, labels=False)[0] < 0.3
    assert month("nowhere-1", 1000, labels=True)[2] == "us-east-1"
