"""Models, schema files, the registry's template and golden events all agree."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator

from imagebus.events.catalog import BY_DETAIL_TYPE, CATALOG, parse
from tests.contract.checkout import FILES, GOLDEN
from tools import generate
from tools.contracts.golden import Golden
from tools.contracts.schema import MAX_CONTENT, schema_name

EVERY_VERSION = [
    pytest.param(model, version, id=schema_name(model, version))
    for model in CATALOG
    for version in range(1, model.version() + 1)
]
EVERY_GOLDEN = [pytest.param(golden, id=golden.name) for golden in GOLDEN]


def schema(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FILES.schemas / f"{name}.json").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize(("model", "version"), EVERY_VERSION)
def test_every_version_of_every_event_has_a_schema_that_is_draft_4(model: Any, version: int) -> None:
    document = schema(schema_name(model, version))
    assert document["$schema"] == "http://json-schema.org/draft-04/schema#"
    Draft4Validator.check_schema(document)
    assert not foreign_keywords(document)


@pytest.mark.parametrize(("model", "version"), EVERY_VERSION)
def test_every_version_of_every_event_has_a_golden_event(model: Any, version: int) -> None:
    assert schema_name(model, version) in {golden.name for golden in GOLDEN}


@pytest.mark.parametrize("golden", EVERY_GOLDEN)
def test_a_golden_event_is_valid_by_its_schema(golden: Golden) -> None:
    Draft4Validator(schema(golden.schema)).validate(golden.envelope)


@pytest.mark.parametrize("golden", EVERY_GOLDEN)
def test_a_golden_event_is_read_by_todays_code(golden: Golden) -> None:
    event = parse(golden.detail_type, golden.envelope["detail"])
    assert event.meta.schema_version == BY_DETAIL_TYPE[golden.detail_type].version()
    assert event.source == golden.envelope["source"]
    if golden.version == event.meta.schema_version:
        assert event.detail() == golden.envelope["detail"]


@pytest.mark.parametrize("golden", EVERY_GOLDEN)
def test_a_golden_event_is_named_after_its_schema(golden: Golden) -> None:
    assert golden.schema == schema_name(BY_DETAIL_TYPE[golden.detail_type], golden.version)


@pytest.mark.parametrize(("model", "version"), EVERY_VERSION)
def test_a_schema_refuses_an_event_of_another_name_source_or_version(model: Any, version: int) -> None:
    validator = Draft4Validator(schema(schema_name(model, version)))
    (golden,) = (each for each in GOLDEN if each.name == schema_name(model, version))
    detail = golden.envelope["detail"]
    wrong_version = {**detail, "meta": {**detail["meta"], "schema_version": version + 1}}
    for change in ({"detail-type": "Other"}, {"source": "imagebus.other"}, {"detail": wrong_version}):
        assert not validator.is_valid(golden.envelope | change)
    assert validator.is_valid(golden.envelope | {"replay-name": "tuesday", "later-field": 1})


def test_each_registered_schema_equals_its_file_and_every_file_is_registered() -> None:
    resources = yaml.safe_load((FILES.schemas / "registry.yml").read_text(encoding="utf-8"))["Resources"]
    registered = {
        each["Properties"]["SchemaName"]: each["Properties"]["Content"]
        for each in resources.values()
        if each["Type"] == "AWS::EventSchemas::Schema"
    }
    files = {path.stem: path.read_text(encoding="utf-8") for path in FILES.schemas.glob("*@*.json")}
    assert registered == files


def test_schemas_keep_to_the_limits_of_the_registry() -> None:
    for path in FILES.schemas.glob("*@*.json"):
        assert len(path.read_text(encoding="utf-8")) <= MAX_CONTENT, path.name
        assert len(path.stem) <= 385
        assert all(char.isalnum() or char in "@._-" for char in path.stem), path.name


def test_what_is_committed_is_what_is_generated() -> None:
    assert generate.out_of_date(FILES.root) == [], "run `make generate`"


def test_generating_twice_changes_nothing_and_a_changed_or_stray_file_is_noticed(tmp_path: Path) -> None:
    for name in ("schemas", "monitoring"):
        shutil.copytree(FILES.root / name, tmp_path / name)
    for path in FILES.root.glob("*.yml"):
        shutil.copy(path, tmp_path)
    assert [path.name for path in generate.write(tmp_path)] == ["events.md", "openapi.json"]
    assert generate.write(tmp_path) == []
    edited = tmp_path / "schemas" / "imagebus.validator@ImageValidated.json"
    edited.write_text(edited.read_text(encoding="utf-8") + " ", encoding="utf-8")
    stray = tmp_path / "schemas" / "imagebus.nobody@NothingHappened.json"
    stray.write_text("{}", encoding="utf-8")
    assert generate.out_of_date(tmp_path) == [edited, stray]
    assert generate.write(tmp_path) == [edited, stray]
    assert not stray.exists()
    assert generate.out_of_date(tmp_path) == []


def test_the_folder_of_examples_holds_nothing_else() -> None:
    assert {path.suffix for path in FILES.examples.iterdir()} == {".json"}


LATER_DRAFTS = frozenset(
    {
        "$defs",
        "$id",
        "const",
        "contains",
        "examples",
        "if",
        "prefixItems",
        "propertyNames",
        "unevaluatedProperties",
    }
)


def foreign_keywords(node: Any) -> set[str]:
    """Keywords that draft 4 does not know. Validators ignore them, so the metaschema cannot find them."""
    if isinstance(node, list):
        return {word for each in node for word in foreign_keywords(each)}
    if not isinstance(node, dict):
        return set()
    found = {word for word in LATER_DRAFTS if word in node}
    found |= {
        key for key in ("exclusiveMinimum", "exclusiveMaximum") if not isinstance(node.get(key, True), bool)
    }
    for key, value in node.items():
        if key in ("properties", "patternProperties", "definitions"):
            found |= {word for each in value.values() for word in foreign_keywords(each)}
        elif key not in ("enum", "default", "required"):
            found |= foreign_keywords(value)
    return found
