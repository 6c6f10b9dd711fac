"""A model accepts exactly what its schema allows, tested with many variations of events."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from imagebus.events import EventData, NotAnEvent, read
from imagebus.events.catalog import BY_DETAIL_TYPE, CATALOG
from tests.contract.checkout import FILES, GOLDEN
from tests.contract.strategies import documents
from tools.contracts.golden import Golden
from tools.contracts.schema import schema_name

EVERY_SCHEMA = [
    pytest.param(model, schema_name(model, version), id=schema_name(model, version))
    for model in CATALOG
    for version in range(1, model.version() + 1)
]

Path = tuple[Any, ...]

#: Values around every limit in our contracts, and of every type.
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 9, 2**31 - 1, 2**31, 2**53 - 1, 2**53, -(2**53) + 1, -(2**53), 2**70),
    *(0.5, 1.0, 100, 100.01, -0.01, 101, 1e308),
    *("A" * length for length in (0, 1, 32, 64, 65, 200, 201, 255, 256, 1000, 1001, 1024, 1025)),
    *(
        "JPEG",
        "jpeg",
        "#00ff00",
        "#00FF00",
        "#00ff00\n",
        "corrupt",
        "Permanently Deleted",
        "😀" * 200,
        "a" * 64,
    ),
    *(
        [],
        {},
        [None],
        {"": 1},
        {"a": None},
        {"a": {"b": []}},
        {"n" * 255: 1},
        {"n" * 256: 1},
        {"n" * 201: "x"},
    ),
    *(["Person"] * length for length in (1, 16, 17, 20, 21, 50, 51, 100, 101)),
    *({f"k{number}": 1 for number in range(length)} for length in (40, 41, 50, 51)),
)


@cache
def detail_validator(name: str) -> Draft4Validator:
    schema = json.loads((FILES.schemas / f"{name}.json").read_text(encoding="utf-8"))
    return Draft4Validator(detail_schema(schema))


def detail_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """`detail` alone: the envelope around it is EventBridge's, and no model reads it."""
    return {
        "$schema": schema["$schema"],
        "definitions": schema["definitions"],
        **schema["properties"]["detail"],
    }


def reads(model: type[EventData], detail: Any) -> bool:
    try:
        read(model, detail)
    except NotAnEvent:
        return False
    return True


@pytest.mark.parametrize(("model", "name"), EVERY_SCHEMA)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_a_schema_allows_the_model_reads_and_writes_validly_again(
    model: type[EventData], name: str, data: st.DataObject
) -> None:
    """Also for superseded versions: their upcaster handles everything that their schema ever allowed."""
    detail = data.draw(_details(name))
    written = read(model, detail).detail()
    detail_validator(schema_name(model, model.version())).validate(written)


@cache
def _details(name: str) -> st.SearchStrategy[Any]:
    schema = json.loads((FILES.schemas / f"{name}.json").read_text(encoding="utf-8"))
    return documents(schema["properties"]["detail"], schema["definitions"])


@pytest.mark.parametrize("golden", [pytest.param(each, id=each.name) for each in GOLDEN])
def test_what_a_schema_forbids_the_model_refuses_and_the_other_way_round(golden: Golden) -> None:
    model = BY_DETAIL_TYPE[golden.detail_type]
    schema = json.loads((FILES.schemas / f"{golden.schema}.json").read_text(encoding="utf-8"))
    validator = jsonschema_rs.Draft4Validator(detail_schema(schema))
    refused = 0
    for detail in variations(golden.envelope["detail"]):
        allowed = validator.is_valid(detail)
        assert reads(model, detail) == allowed, (allowed, detail)
        refused += not allowed
    assert refused > 100


def variations(detail: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The event with one value replaced, added or removed."""
    for path in walk(detail):
        if path == ("meta", "schema_version"):
            continue
        for value in VALUES:
            varied, node = copied(detail, path)
            node[path[-1]] = value
            yield varied
        varied, node = copied(detail, path)
        del node[path[-1]]
        yield varied
        varied, node = copied(detail, path)
        if isinstance(node, dict):
            node["later"] = 1
        yield varied


def copied(detail: dict[str, Any], path: Path) -> tuple[dict[str, Any], Any]:
    """The object or array that contains the end of `path`, in a copy that shares what is not above it."""
    top = copy.copy(detail)
    node: Any = top
    for step in path[:-1]:
        node[step] = copy.copy(node[step])
        node = node[step]
    return top, node


def walk(node: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every value below `meta` and `data`, except inside an embedded event."""
    items: list[tuple[Any, Any]] = []
    if isinstance(node, dict):
        items = list(node.items())
    elif isinstance(node, list):
        items = list(enumerate(node[:1]))
    for key, value in items:
        yield (*path, key)
        if key != "failed_event":
            yield from walk(value, (*path, key))
