"""The check of clients/ without Node, and the names that generated types have."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from imagebus.events.catalog import CATALOG
from tests.contract.checkout import ROOT
from tests.integration.clients.richer import released, richer
from tools import node
from tools.clients import files, texts
from tools.clients.combined import combined
from tools.clients.files import Clients, problems
from tools.clients.plain import plain
from tools.node import Unavailable

SCHEMAS = released()
OPENAPI: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))


@pytest.fixture
def clients(tmp_path: Path) -> Clients:
    """A copy of the committed files."""
    for name in files.WRITERS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    ignore = shutil.ignore_patterns("node_modules", "dist")
    shutil.copytree(ROOT / "clients", tmp_path / "clients", dirs_exist_ok=True, ignore=ignore)
    return Clients(tmp_path, SCHEMAS, OPENAPI)


@pytest.fixture
def no_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node.shutil, "which", lambda _: None)


@pytest.mark.usefixtures("no_node")
def test_without_node_the_committed_files_pass_and_what_was_not_checked_is_said(clients: Clients) -> None:
    found, unchecked = problems(clients)
    assert found == []
    assert unchecked.startswith("clients: Node is not installed (Node 20 or newer)")
    assert clients.write() == []


@pytest.mark.usefixtures("no_node")
def test_without_node_a_changed_schema_is_noticed_and_cannot_be_written(clients: Clients) -> None:
    changed = Clients(clients.root, richer(), OPENAPI)
    (problem,) = problems(changed)[0]
    assert problem.startswith("clients/generated.json is out of date: run `make generate`")
    with pytest.raises(Unavailable, match="Node is not installed"):
        changed.write()


def test_a_changed_api_is_noticed_and_a_release_is_not(clients: Clients) -> None:
    renamed = json.loads(json.dumps(OPENAPI).replace('"thumbhash"', '"thumb_hash"'))
    assert Clients(clients.root, SCHEMAS, renamed).out_of_date()
    next_release = {**OPENAPI, "info": {**OPENAPI["info"], "version": "99.0.0"}}
    assert Clients(clients.root, SCHEMAS, next_release).out_of_date() == []


@pytest.mark.parametrize(
    "name", ["go/events.go", "java/imagebus/events/Meta.java", "typescript/src/events.ts"]
)
def test_a_file_that_somebody_edited_removed_or_added_is_noticed(clients: Clients, name: str) -> None:
    path = clients.folder / name
    text = path.read_text("utf-8")
    path.write_text(text + "\n", "utf-8")
    assert clients.out_of_date() == [path]
    path.unlink()
    assert clients.out_of_date() == [path]
    path.write_text(text, "utf-8")
    other = path.with_name(f"other{path.suffix}")
    other.write_text(text, "utf-8")
    assert clients.out_of_date() == [other]


def test_a_change_of_a_generator_is_noticed(clients: Clients) -> None:
    lock = clients.package / "package-lock.json"
    lock.write_text(lock.read_text("utf-8").replace('"26.0.0"', '"26.0.1"'), "utf-8")
    assert clients.out_of_date() == [clients.folder / files.MANIFEST]


def test_the_lock_names_no_registry() -> None:
    """npm's own then applies, also where packages come from a mirror."""
    for lock in (ROOT / "clients" / "typescript", ROOT / "tests" / "integration" / "asyncapi"):
        packages = json.loads((lock / "package-lock.json").read_text("utf-8"))["packages"]
        public = "https://registry.npmjs.org/"
        assert all(each.get("resolved", public).startswith(public) for each in packages.values())
        assert all("integrity" in each for name, each in packages.items() if name)


def names(schema: dict[str, Any]) -> set[str]:
    return set(schema["definitions"])


def test_an_additive_change_renames_no_type() -> None:
    before, after = combined(SCHEMAS), combined(richer())
    assert names(before) <= names(after)
    assert names(plain(before)) <= names(plain(after))
    # Nor what a superseded version has: its fields keep their types, which may have optional fields more.
    for name in ("LabelsDetectedV1", "LabelsDetectedV1Data", "ImageValidatedV1", "ImageValidatedV1Data"):
        assert after["definitions"][name] == before["definitions"][name]


def test_a_superseded_version_gets_types_of_its_own_when_the_newest_is_not_merely_richer() -> None:
    schemas = released()
    label = schemas["imagebus.analyzer@LabelsDetected@v2"]["definitions"]["Label"]
    label["required"].remove("confidence")
    made = combined(schemas)["definitions"]
    assert made["LabelsDetectedV1Data"]["properties"]["labels"]["items"]["$ref"].endswith(
        "/LabelsDetectedV1Label"
    )
    assert made["LabelsDetectedV2Data"]["properties"]["labels"]["items"]["$ref"].endswith("/Label")
    assert "confidence" in made["LabelsDetectedV1Label"]["required"]


def test_every_version_of_every_event_has_a_type_in_every_language() -> None:
    typescript = (ROOT / "clients" / texts.EVENTS).read_text("utf-8")
    go = (ROOT / "clients" / "go" / "events.go").read_text("utf-8")
    for model in CATALOG:
        for version in range(1, model.version() + 1):
            name = f"{model.detail_type}V{version}"
            assert f"export interface {name} extends Envelope {{" in typescript
            assert f"\ntype {name} struct {{" in go
            java = ROOT / "clients" / texts.JAVA / f"{name}.java"
            assert "@JsonIgnoreProperties(ignoreUnknown = true)" in java.read_text("utf-8")


def test_events_that_disagree_on_a_name_are_an_error() -> None:
    schemas = released()
    label = schemas["imagebus.thumbnailer@ThumbnailsCreated"]["definitions"]["Thumbnail"]
    label["properties"]["name"] = {"type": "integer"}
    with pytest.raises(ValueError, match="has a Thumbnail that differs from another event's"):
        combined(schemas)
