"""DynamoDB tables as the template declares them, so that no test relies on a missing index."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

from imagebus.erasures import DynamoDBErasures
from imagebus.testing import InMemoryDynamoDB, erasures_table
from imagebus_local import templates

_TEMPLATE = Path(__file__).resolve().parent.parent / "template.yml"
_SHAPE = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


@cache
def _declared(logical_id: str) -> dict[str, Any]:
    properties = templates.read(_TEMPLATE)["Resources"][logical_id]["Properties"]
    return {part: properties[part] for part in _SHAPE if part in properties}


Declared = Literal["StatusTable", "LedgerTable", "ErasuresTable", "RecipesTable"]


def create_table(dynamodb: Any, name: str, logical_id: Declared = "StatusTable") -> None:
    """`dynamodb` is a client. Keys, indexes and billing mode are the template's."""
    dynamodb.create_table(TableName=name, **_declared(logical_id))


def no_erasures() -> DynamoDBErasures:
    """A table of erasures in which nothing is erased."""
    return DynamoDBErasures(InMemoryDynamoDB({"e": erasures_table()}), "e")  # type: ignore[arg-type]
