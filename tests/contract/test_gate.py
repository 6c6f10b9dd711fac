"""The gate: additive changes pass; a breaking change is reported with its field, the rule and the fix."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imagebus.events.analyzer import MetadataExtracted
from imagebus.events.thumbnailer import ThumbnailsCreated
from imagebus.events.validator import ImageRejected, ImageValidated
from tests.contract.checkout import FILES, ROOT
from tools.contracts.compatibility import breaks
from tools.contracts.files import ContractFiles
from tools.contracts.gate import problems, release
from tools.contracts.schema import schema_of

Change = Callable[[dict[str, Any]], object]

VALIDATED = schema_of(ImageValidated)
LIMITS = "a field keeps its limits and its default"
NO_NEW_VALUES = "an enumeration gains no values"
RENAMED = (
    "imagebus.watermarker@ImageWatermarked: data.recipe was renamed to method, apparently. "
    "Rule: a released field stays. "
    "Undo this, or make it version 2: keep the change in layers/core/imagebus/events/watermarker.py, "
    "add to ImageWatermarked.upcasters a function that turns data of version 1 into data of version 2, "
    "write the golden event schemas/examples/imagebus.watermarker@ImageWatermarked@v2.json, "
    "and run `make generate`."
)


def data(schema: dict[str, Any], name: str = "ImageValidated") -> dict[str, Any]:
    definition: dict[str, Any] = schema["definitions"][name]
    return definition


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    properties: dict[str, Any] = data(schema)["properties"]
    found: dict[str, Any] = properties[name]
    return found


def add(schema: dict[str, Any], name: str, *, required: bool) -> None:
    data(schema)["properties"][name] = {"type": "string"}
    if required:
        data(schema)["required"].append(name)


def rename(schema: dict[str, Any], old: str, new: str) -> None:
    data(schema)["properties"][new] = data(schema)["properties"].pop(old)
    data(schema)["required"][data(schema)["required"].index(old)] = new


ADDITIVE: dict[str, Change] = {
    "nothing": lambda schema: None,
    "an optional field": lambda schema: add(schema, "later", required=False),
    "an optional field in meta": lambda s: data(s, "Meta")["properties"].update(later={"type": "string"}),
    "another description": lambda schema: data(schema).update(description="better said"),
}
BREAKING: dict[str, tuple[Change, str, str]] = {
    "a field removed": (lambda s: data(s)["properties"].pop("mime"), "data.mime", "a released field stays"),
    "a field renamed": (lambda s: rename(s, "mime", "media_type"), "data.mime", "a released field stays"),
    "a new required field": (
        lambda s: add(s, "later", required=True), "data.later", "a new field is optional",
    ),
    "a required field made optional": (
        lambda s: data(s)["required"].remove("mime"), "data.mime", "a required field stays required",
    ),
    "an optional field made required": (
        lambda s: data(s, "Meta")["required"].append("version_id"),
        "meta.version_id", "an optional field stays optional",
    ),
    "another type": (lambda s: field(s, "size").update(type="string"), "data.size", "a field keeps its type"),
    "null allowed": (
        lambda s: data(s)["properties"].update(size={"anyOf": [field(s, "size"), {"type": "null"}]}),
        "data.size", "a field keeps its type",
    ),
    "a value more": (
        lambda s: field(s, "format")["enum"].append("BMP"), "data.format", NO_NEW_VALUES,
    ),
    "a value less": (
        lambda s: field(s, "format")["enum"].remove("GIF"), "data.format", "an enumeration keeps its values",
    ),
    "a limit lowered": (
        lambda s: field(s, "mime").update(maxLength=10), "data.mime", LIMITS,
    ),
    "a limit lifted": (
        lambda s: field(s, "mime").pop("maxLength"), "data.mime", LIMITS,
    ),
    "another pattern": (
        lambda s: field(s, "sha256").update(pattern="^.*$"),
        "data.sha256", LIMITS,
    ),
    "another meaning of absence": (
        lambda s: data(s, "Usage")["properties"]["billed_ms"].update(default=1),
        "meta.usage.billed_ms", LIMITS,
    ),
    "another source": (
        lambda s: s["properties"]["source"].update(enum=["imagebus.other"]),
        "source", "an enumeration keeps its values",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", ADDITIVE.values(), ids=ADDITIVE)
def test_an_additive_change_passes(change: Change) -> None:
    current = copy.deepcopy(VALIDATED)
    change(current)
    assert breaks(VALIDATED, current) == []


@pytest.mark.parametrize(("change", "where", "rule"), BREAKING.values(), ids=BREAKING)
def test_a_breaking_change_is_named_by_its_field_and_its_rule(change: Change, where: str, rule: str) -> None:
    current = copy.deepcopy(VALIDATED)
    change(current)
    found = breaks(VALIDATED, current)
    assert (where, rule) in [(each.field, each.rule) for each in found]
    assert {each.field for each in found} == {where}


def test_what_arrays_and_maps_hold_is_looked_into() -> None:
    thumbnails, metadata = schema_of(ThumbnailsCreated), schema_of(MetadataExtracted)
    current = copy.deepcopy(thumbnails)
    current["definitions"]["Thumbnail"]["properties"].pop("sha256")
    assert [each.field for each in breaks(thumbnails, current)] == ["data.items[].sha256"]
    current = copy.deepcopy(metadata)
    for each in current["definitions"]["MetadataExtracted"]["properties"]["exif"][
        "patternProperties"
    ].values():
        each["anyOf"][-1]["maxLength"] = 10
    assert [each.field for each in breaks(metadata, current)] == ["data.exif.*|3"]


def test_a_rejection_for_a_new_reason_is_a_new_version() -> None:
    current = copy.deepcopy(schema_of(ImageRejected))
    current["definitions"]["ImageRejected"]["properties"]["code"]["enum"].append("too_ugly")
    (found,) = breaks(schema_of(ImageRejected), current)
    assert found.what == "has too_ugly now, which consumers do not know"


def test_this_checkout_keeps_what_was_released() -> None:
    assert problems(FILES) == []


def copy_of_schemas(folder: Path) -> ContractFiles:
    shutil.copytree(FILES.schemas, folder / "schemas")
    return ContractFiles(folder)


def test_an_event_that_was_released_cannot_leave_the_catalog(tmp_path: Path) -> None:
    files = copy_of_schemas(tmp_path)
    (files.released / "imagebus.ingest@ImageMoved.json").write_text("{}")
    (sentence,) = problems(files)
    assert sentence.startswith("imagebus.ingest@ImageMoved was released but is no longer in the catalog.")


def test_a_released_golden_event_is_neither_edited_nor_removed(tmp_path: Path) -> None:
    files = copy_of_schemas(tmp_path)
    first = files.examples / "imagebus.analyzer@LabelsDetected.json"
    second = files.examples / "imagebus.analyzer@LabelsSkipped.json"
    first.write_text(
        first.read_text(encoding="utf-8").replace("123456789012", "210987654321"), encoding="utf-8"
    )
    second.unlink()
    edited, removed = problems(files)
    assert edited.startswith(
        f"schemas/examples/{first.name} was edited. Rule: a released golden event never changes"
    )
    assert removed.startswith(f"schemas/examples/{second.name} was removed.")


def test_a_golden_event_that_is_not_read_any_more_is_told(tmp_path: Path) -> None:
    files = copy_of_schemas(tmp_path)
    name = "imagebus.validator@ImageValidated"
    text = (files.examples / f"{name}.json").read_text(encoding="utf-8")
    (files.examples / f"{name}--future.json").write_text(
        text.replace('"schema_version": 1', '"schema_version": 99')
    )
    (sentence,) = problems(files)
    assert "ImageValidated version 99 is newer than 2" in sentence


def test_a_release_promises_the_newest_and_doing_it_twice_changes_nothing(tmp_path: Path) -> None:
    files = copy_of_schemas(tmp_path)
    shutil.rmtree(files.released)
    newer = {path.stem for path in FILES.schemas.glob("*@v*.json")}
    superseded = [path for path in FILES.released.glob("*.json") if f"{path.stem}@v2" in newer]
    files.released.mkdir()
    for path in superseded:  # nobody could write these again
        shutil.copy(path, files.released / path.name)
    assert len(release(files)) > 10
    assert release(files) == []
    assert problems(files) == []


@pytest.mark.parametrize(
    ("module", "old", "new", "sentence"),
    [
        ("watermarker.py", "    recipe: Name", "    method: Name", RENAMED),
        ("validator.py", "    mime: Name", "    mime: Name\n    later: Name | None = None", ""),
    ],
    ids=["a renamed field fails", "an optional field passes"],
)
def test_a_change_of_a_model_is_judged_before_anything_is_generated(
    tmp_path: Path, module: str, old: str, new: str, sentence: str
) -> None:
    shutil.copytree(ROOT / "layers" / "core" / "imagebus", tmp_path / "imagebus")
    changed = tmp_path / "imagebus" / "events" / module
    text = changed.read_text(encoding="utf-8")
    assert old in text
    changed.write_text(text.replace(old, new, 1), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "imagebus_cli.main", "schemas", "check"],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == (1 if sentence else 0), run.stderr
    assert run.stderr == (f"✗ {sentence}\n" if sentence else "")
