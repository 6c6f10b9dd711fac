"""The AsyncAPI project's own parser reads schemas/asyncapi.yml and finds what the catalog declares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from imagebus.events.catalog import CATALOG, STAGES
from tests.contract.checkout import FILES, GOLDEN
from tests.node import node_with
from tools.node import Node

HERE = Path(__file__).parent / "asyncapi"

#: It recommends 3.1, which not every tool reads yet.
IGNORED = {"asyncapi-latest-version"}


@pytest.fixture(scope="module")
def node() -> Node:
    """Node with the parser installed."""
    return node_with(HERE)


def parsed(node: Node, document: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(node.run(HERE / "validate.mjs", str(document)))
    result["problems"] = [each for each in result["problems"] if each["code"] not in IGNORED]
    return result


def test_the_document_is_valid_and_says_what_the_catalog_says(node: Node) -> None:
    result = parsed(node, FILES.schemas / "asyncapi.yml")
    assert result["problems"] == []
    found = result["found"]
    assert found["version"] == "3.0.0"
    older = {f"{model.detail_type}V{number}" for model in CATALOG for number in range(1, model.version())}
    assert set(found["messages"]) == {model.detail_type for model in CATALOG} | older
    operations = {name: (action, messages) for name, action, messages in found["operations"]}
    for model in CATALOG:
        action, messages = operations[f"{model.producer}Publishes"]
        assert action == "send"
        assert model.detail_type in messages
    for stage in STAGES:
        if stage.subscribes:
            assert operations[f"{stage.name}Receives"] == ("receive", list(stage.subscribes))


def test_what_refers_to_nothing_would_be_noticed(node: Node, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(
        (FILES.schemas / "asyncapi.yml")
        .read_text(encoding="utf-8")
        .replace("messages/ImageRejected'", "messages/ImageRefused'"),
        encoding="utf-8",
    )
    assert any("ImageRefused" in each["message"] for each in parsed(node, broken)["problems"])


def test_every_example_in_the_document_is_valid_by_the_schema_beside_it() -> None:
    """The parser does not check them."""
    document = yaml.safe_load((FILES.schemas / "asyncapi.yml").read_text(encoding="utf-8"))
    examples = 0
    for message in document["components"]["messages"].values():
        validator = Draft7Validator({"components": document["components"], **message["payload"]})
        for example in message["examples"]:
            validator.validate(example["payload"])
            assert not validator.is_valid({**example["payload"], "detail": {"meta": {}, "data": {}}})
            examples += 1
    assert examples == len(GOLDEN)
