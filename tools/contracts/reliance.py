"""What of a set of schemas breaks a consumer, by its declaration (contracts.yml)."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from imagebus.events.catalog import CATALOG
from imagebus_cli.problem import Problem
from tools.contracts.compatibility import Schema, kind_of, nullable, resolved, without_null
from tools.contracts.declared import NAME, Declaration, Listens, Read
from tools.contracts.files import ContractFiles
from tools.contracts.schema import schema_name, schema_of, schema_text

#: `imagebus.validator@ImageValidated@v2`
SCHEMA = re.compile(r"[^@]+@(?P<event>[^@]+?)(@v(?P<version>\d+))?")

#: Event -> version -> schema, resolved.
Versions = Mapping[str, Mapping[int, Schema]]


@dataclass(frozen=True)
class Broken:
    """`field` is empty if it is about the event as a whole."""

    consumer: str
    event: str
    field: str
    what: str

    def __str__(self) -> str:
        where = " ".join(filter(None, (self.event, self.field)))
        return f"{self.consumer} breaks: {where} {self.what}."


def broken(consumer: Declaration, schemas: Versions) -> list[Broken]:
    """Everything in `schemas` that the consumer does not cope with, in the order of its declaration."""
    return [
        Broken(consumer.consumer, each.event, field, what)
        for each in consumer.events
        for field, what in _of_event(each, schemas.get(each.event))
    ]


def folders(root: Path) -> list[Path]:
    """The consumers of a checkout that declare what they read."""
    return sorted(path.parent for path in root.glob(f"examples/*/{NAME}"))


def present(files: ContractFiles) -> Versions:
    """The contracts as the code has them, before anything is generated. Older versions are as released."""
    texts = {schema_name(model, model.version()): schema_text(schema_of(model)) for model in CATALOG}
    older = (schema_name(model, version) for model in CATALOG for version in range(1, model.version()))
    paths = (files.released / f"{name}.json" for name in older)
    return by_version(
        texts | {path.stem: path.read_text(encoding="utf-8") for path in paths if path.is_file()}
    )


def changed(files: ContractFiles, against: str) -> Versions:
    """The schemas in a folder, or those of a commit of this checkout. Raises Problem if there are none."""
    folder = Path(against)
    texts = _texts(folder) if folder.is_dir() else _committed(files.root, against)
    if not texts:
        advice = "Name a folder with files such as imagebus.ingest@ImageUploaded.json, or a commit."
        raise Problem(f"{against} has no schemas.", advice, exit_code=2)
    return by_version(texts)


def by_version(texts: Mapping[str, str]) -> Versions:
    """`texts` by the schemas' names. Raises Problem if one of them is not a schema of an event."""
    found: dict[str, dict[int, Schema]] = {}
    for name, text in texts.items():
        matched = SCHEMA.fullmatch(name)
        try:
            schema = resolved(json.loads(text))
            _found(schema, "data")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Problem(f"{name}.json is not the schema of an event.", exit_code=2) from error
        if matched:
            found.setdefault(matched["event"], {})[int(matched["version"] or 1)] = schema
    return found


def _texts(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*@*.json"))}


def _committed(root: Path, commit: str) -> dict[str, str]:
    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, encoding="utf-8", check=False
        )
        if done.returncode:
            advice = "Name a folder with schemas, or a commit, a branch or a tag of this checkout."
            raise Problem(f"{commit} is neither a folder nor a commit.", advice, exit_code=2)
        return done.stdout

    commit = git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}").strip()
    names = git("ls-tree", "-z", "--name-only", commit, "schemas/").split("\0")
    wanted = [name for name in names if "@" in name and name.endswith(".json")]
    return {Path(name).stem: git("show", f"{commit}:{name}") for name in wanted}


def _of_event(listens: Listens, schemas: Mapping[int, Schema] | None) -> Iterator[tuple[str, str]]:
    if not schemas:
        yield "", "does not exist"
        return
    newest = max(schemas)
    handled = listens.versions or (newest,)
    if newest not in handled:
        yield "", f"is published as version {newest}, and it handles {', '.join(map(str, handled))}"
    known = {version: schemas[version] for version in handled if version in schemas}
    for each in listens.reads:
        found = {version: _found(schema, each.field) for version, schema in known.items()}
        if known and not any(found.values()):
            yield each.field, "is not there"
            continue
        for version, field in found.items():
            where = f" in version {version}" if len(known) > 1 else ""
            if what := _wrong(each, field):
                yield each.field, f"{what}{where}"


@dataclass(frozen=True)
class _Field:
    schema: Schema
    optional: bool


def _found(schema: Schema, path: str) -> _Field | None:
    """The field below `detail`. It is optional if one of its steps is."""
    node, optional = schema["properties"]["detail"], False
    for step in re.findall(r"[^.\[]+|\[\]", path):
        node = without_null(node)
        if step == "[]":
            inner = node.get("items")
        elif step == "*":
            inner = next(iter(node.get("patternProperties", {}).values()), None)
        else:
            inner = node.get("properties", {}).get(step)
            optional |= step not in node.get("required", ())
        if not isinstance(inner, dict):
            return None
        optional |= nullable(inner)
        node = inner
    return _Field(without_null(node), optional)


def _wrong(read: Read, field: _Field | None) -> str:
    if field is None:
        return "" if read.optional else "is not there"
    kind = kind_of(field.schema)
    if read.kind not in (kind, "any") and (read.kind, kind) != ("number", "integer"):
        return f"is now of type {kind}, and is read as {read.kind}"
    if field.optional and not read.optional:
        return "may be absent, and is read as if it were always there"
    if read.values:
        values = field.schema.get("enum")
        if values is None:
            return "can be any text, and only some values are handled"
        if others := [str(each) for each in values if each not in read.values]:
            return f"can be {', '.join(others)}, which it does not handle"
    return ""
