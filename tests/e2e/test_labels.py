"""Every image gets labels or a reason why not, whatever its shape and however busy Rekognition is.

A stand-in answers here. It enforces Rekognition's documented limits, and says that its answers are canned.
"""

from __future__ import annotations

import io
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from imagebus_local import rekognition
from tests.e2e.api_client import Client
from tests.e2e.harness import Pipeline

pytestmark = pytest.mark.embedded("it controls the stand-in for Rekognition")

SIZES = [(64, 64), (3000, 150), (40, 2000), (1, 1), (12_000, 7), (80, 80)]


@pytest.fixture
def stand_in(pipeline: Pipeline) -> Iterator[Pipeline]:
    """The pipeline with nothing on its way to Rekognition, and no planned failure left afterwards."""
    pipeline.settled()
    yield pipeline
    control(pipeline, "DELETE")


def control(pipeline: Pipeline, method: str, plan: str = "") -> list[str]:
    """The errors that Rekognition's next calls get."""
    url = f"{pipeline.target.endpoint}{rekognition.CONTROL}/{plan}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, method=method), timeout=10) as response:
        planned: list[str] = json.load(response)
        return planned


def picture(size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def about_labels(pipeline: Pipeline, key: str) -> dict[str, Any]:
    """The data of the event that the labels stage published."""
    (event,) = [each for each in pipeline.log(key) if each.detail_type.startswith("Labels")]
    data: dict[str, Any] = event.detail["data"]
    return data


def test_an_image_of_any_shape_completes_with_labels_and_is_found_by_them(
    pipeline: Pipeline, client: Client
) -> None:
    keys = [pipeline.upload(pipeline.key(f"{size[0]}x{size[1]}.png"), picture(size)) for size in SIZES]
    for key in keys:
        pipeline.wait(key, "completed", within=120)
        told = about_labels(pipeline, key)
        assert [label["name"] for label in told["labels"]] == ["Canned answer"]
        assert told["model_versions"]["labels"] == "canned (local stand-in)"
        assert "skipped" not in told
    found = client("GET", "images?label=CANNED%20answer&limit=100").json()["items"]
    assert {item["key"] for item in found} >= set(keys)
    assert not any(pipeline.dead_letters().values())


def test_a_throttled_call_is_retried_until_it_succeeds(stand_in: Pipeline) -> None:
    """Nine times: more often than botocore retries each of the three calls by itself."""
    control(stand_in, "POST", "ThrottlingException/9")
    key = stand_in.upload(stand_in.key("throttled.png"), picture((100, 100)))
    stand_in.wait(key, "completed", within=90)
    assert control(stand_in, "GET") == []
    assert "skipped" not in about_labels(stand_in, key)
    assert not any(stand_in.dead_letters().values())


def test_an_image_that_rekognition_refuses_completes_without_labels(stand_in: Pipeline) -> None:
    control(stand_in, "POST", "InvalidImageFormatException/3")
    key = stand_in.upload(stand_in.key("refused.png"), picture((100, 100)))
    stand_in.wait(key, "completed")
    assert control(stand_in, "GET") == []
    assert "labels: InvalidImageFormatException" in about_labels(stand_in, key)["reason"]
    assert not any(stand_in.dead_letters().values())
