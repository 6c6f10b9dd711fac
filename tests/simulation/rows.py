"""The tables' rows, read without the product."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.simulation import wiring
from tests.simulation.facts import Fact

Row = Mapping[str, Any]


def value(typed: Row) -> Any:
    """A DynamoDB value as JSON."""
    ((kind, content),) = typed.items()
    match kind:
        case "N":
            return float(content)
        case "M":
            return {name: value(each) for name, each in content.items()}
        case "L":
            return [value(each) for each in content]
        case "NULL":
            return None
    return content


def statuses(dynamodb: Any) -> dict[str, dict[str, Any]]:
    """Status items by image."""
    return {row["image_key"]["S"]: value({"M": row}) for row in rows(dynamodb) if row["sk"]["S"] == "STATUS"}


def labels(dynamodb: Any) -> dict[str, list[Any]]:
    """What the rows of labels say, by image."""
    found: dict[str, list[Any]] = {}
    for row in map(value, ({"M": each} for each in rows(dynamodb))):
        if row["sk"].startswith("LABEL#"):
            said = row["sk"].removeprefix("LABEL#"), row["status_shard"], row["listed_at"], row["revision"]
            found.setdefault(row["image_key"], []).append(said)
    return found


def logs(dynamodb: Any) -> dict[str, list[Fact]]:
    """Every logged event, by image."""
    found: dict[str, list[Fact]] = {}
    for row in rows(dynamodb):
        if row["sk"]["S"].startswith("EVENT#"):
            content = json.loads(row["event"]["S"])
            fact = Fact(content["source"], content["detail_type"], content["detail"])
            found.setdefault(row["image_key"]["S"], []).append(fact)
    return found


def rows(dynamodb: Any) -> Iterator[Row]:
    yield from dynamodb.tables[wiring.STATUS].items()
