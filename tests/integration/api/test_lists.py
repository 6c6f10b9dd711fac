"""Lists are complete, newest first, and no page costs more than the first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws
from moto.dynamodb.models.dynamo_type import LimitedSizeDict

from imagebus.identity import SHARDS
from imagebus.listing import ImageIndex, encode_cursor
from tests.integration.api.conftest import TABLE, World
from tests.integration.api.many import items, write
from tests.tables import create_table

PAGE = 10


def pages(world: World, **query: str) -> list[list[str]]:
    found, cursor = [], ""
    while True:
        body = world.get("images", **query, **({"cursor": cursor} if cursor else {})).json
        found.append([item["key"] for item in body["items"]])
        cursor = body.get("cursor", "")
        if not cursor:
            return found


def test_pages_hold_every_image_once_newest_first(world: World) -> None:
    keys = [f"image-{number}.jpg" for number in range(23)]
    for key in keys:
        world.uploaded(key)
    found = pages(world, limit="5")
    assert [len(page) for page in found] == [5, 5, 5, 5, 3]
    assert [key for page in found for key in page] == keys[::-1]


def test_a_status_filters(world: World) -> None:
    world.completed("good.jpg")
    world.rejected("bad.jpg")
    world.uploaded("new.jpg")
    assert pages(world, status="rejected") == [["bad.jpg"]]
    assert pages(world, status="processing") == [["new.jpg"]]
    assert pages(world, status="deleted") == [[]]
    assert pages(world, status="", limit="", cursor="") == [["new.jpg", "bad.jpg", "good.jpg"]]


def test_an_item_has_what_a_gallery_needs(world: World) -> None:
    world.completed("good.jpg")
    (item,) = world.get("images", urls="true").json["items"]
    assert (item["size"], item["processed_size"], item["thumbhash"]) == (11, 17, "U8cJ")
    assert "thumbnails/320x320.jpg" in item["urls"]["thumbnail"]
    assert item["created_at"].endswith("Z")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "done"), ("limit", "0"), ("limit", "101"), ("limit", "ten"), ("limit", "-1"),
        ("limit", "1.0"), ("cursor", "x"), ("cursor", "f" * 44), ("urls", "yes"), ("unknown", "1"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_refused_in_words(world: World, name: str, value: str) -> None:
    answer = world.get("images", **{name: value})
    assert answer.status == 400
    assert answer.json["code"] in ("invalid_request", "invalid_cursor")


class Metered:
    """A DynamoDB client that records the read units of its queries, by a rule that moto does not implement.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self.costs: list[float] = []

    def query(self, **request: Any) -> Any:
        # What is filtered out of a response is still read and paid for.
        whole = {name: each for name, each in request.items() if name != "ProjectionExpression"}
        whole.pop("ExpressionAttributeNames")
        read = sum(size({"M": item}) for item in self._client.query(**whole)["Items"])
        self.costs.append(math.ceil(read / 4096) * 0.5)  # eventually consistent
        return self._client.query(**request)


def size(value: Any) -> int:
    """The size of an attribute value, as DynamoDB counts it."""
    ((kind, content),) = value.items()
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + size(each) for name, each in content.items())
    if kind == "L":
        return 3 + sum(1 + size(each) for each in content)
    if kind == "N":
        return len(content) // 2 + 2
    return len(content.encode()) if kind == "S" else 1


@pytest.fixture(scope="module")
def ten_thousand() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb", config=Config(parameter_validation=False))
        create_table(client, TABLE)
        with pytest.MonkeyPatch.context() as patch:
            # moto measures the whole item again for each attribute that it sets.
            patch.setattr(LimitedSizeDict, "__setitem__", dict.__setitem__)
            write(client, TABLE, 10_000)
        yield client


@pytest.mark.slow
@pytest.mark.parametrize("status", [None, "completed"])
def test_the_hundredth_page_of_ten_thousand_images_costs_what_the_first_does(
    ten_thousand: Any, status: str | None
) -> None:
    newest = sorted((item["listed_at"] for item in items(10_000)), reverse=True)
    costs = {}
    for number in (1, 100, 500):
        metered = Metered(ten_thousand)
        index = ImageIndex(metered, TABLE)  # type: ignore[arg-type]
        start = (number - 1) * PAGE
        page = index.newest(status, PAGE, encode_cursor(newest[start - 1]) if start else None)
        assert [item["listed_at"] for item in page.items] == newest[start : start + PAGE]
        costs[number] = (len(metered.costs), sum(metered.costs))
    assert costs[1] == costs[100] == costs[500]
    assert costs[1][0] == SHARDS
