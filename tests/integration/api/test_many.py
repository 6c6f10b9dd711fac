"""No page of ten thousand images costs more than the first.

In a file of its own: while moto keeps them, the tables of other tests would stay as well.
"""

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
from imagebus.listing import Filters, ImageIndex, encode_cursor
from tests.integration.api.conftest import TABLE
from tests.integration.api.many import items, write
from tests.tables import create_table

PAGE = 10


class Metered:
    """A DynamoDB client that records the read units of its queries, by a rule that moto does not implement.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self.costs: list[float] = []

    def query(self, **request: Any) -> Any:
        # What is left out of a response is still read and paid for. Asking again without it would take moto
        # as long as before: it looks through all images.
        del request["ProjectionExpression"], request["ExpressionAttributeNames"]
        answer = self._client.query(**request)
        read = sum(size({"M": item}) for item in answer["Items"])
        self.costs.append(math.ceil(read / 4096) * 0.5)  # eventually consistent
        return answer


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
        page = index.newest(Filters(status), PAGE, encode_cursor(newest[start - 1]) if start else None)
        assert [item["listed_at"] for item in page.items] == newest[start : start + PAGE]
        costs[number] = (len(metered.costs), sum(metered.costs))
    assert costs[1] == costs[100] == costs[500]
    assert costs[1][0] == SHARDS
