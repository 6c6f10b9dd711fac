"""The files of the contracts: where they are, and what the generated ones must hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from imagebus.events import Contract
from imagebus.events.catalog import CATALOG
from tools.contracts.asyncapi import asyncapi_text
from tools.contracts.docs import events_page
from tools.contracts.golden import golden_events
from tools.contracts.recipes import recipes_schema
from tools.contracts.registry import registry_template
from tools.contracts.rules import bus_rules, reception
from tools.contracts.schema import schema_name, schema_of, schema_text


@dataclass(frozen=True)
class ContractFiles:
    """The locations of a checkout's contracts."""

    root: Path

    @property
    def schemas(self) -> Path:
        return self.root / "schemas"

    @property
    def released(self) -> Path:
        """Copies of the released schemas. Only a release writes here."""
        return self.schemas / "released"

    @property
    def examples(self) -> Path:
        """Golden events. Written by hand, and never edited once released."""
        return self.schemas / "examples"

    @property
    def template(self) -> Path:
        return self.root / "template.yml"


class Unreleased(Exception):
    """A superseded version was never released, so its schema is lost."""


def schema_texts(files: ContractFiles) -> dict[str, str]:
    """Schema name -> text, for every version: the newest from its model, the older ones as released.

    Raises Unreleased.
    """
    return {
        schema_name(model, version): _text(files, model, version)
        for model in CATALOG
        for version in range(1, model.version() + 1)
    }


def _text(files: ContractFiles, model: type[Contract], version: int) -> str:
    if version == model.version():
        return schema_text(schema_of(model))
    name = schema_name(model, version)
    try:
        return (files.released / f"{name}.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Unreleased(
            f"{model.detail_type} has an upcaster from version {version}, but schemas/released/{name}.json "
            "is missing: release that version first (imagebus schemas release)."
        ) from None


def generated(root: Path) -> dict[Path, str]:
    """Path -> text of every generated contract file. Raises Unreleased."""
    files = ContractFiles(root)
    texts = schema_texts(files)
    schemas = {name: json.loads(text) for name, text in texts.items()}
    golden = list(golden_events(files.examples))
    received = reception(bus_rules(files.template), golden)
    return {
        **{files.schemas / f"{name}.json": text for name, text in texts.items()},
        files.schemas / "recipes.schema.json": recipes_schema(),
        files.schemas / "registry.yml": registry_template(texts),
        files.schemas / "asyncapi.yml": asyncapi_text(schemas, golden),
        root / "docs" / "events.md": events_page(schemas, golden, received),
    }
