"""The gate: released events stay readable, and consumers get what was released."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterator
from pathlib import Path

from imagebus.events import Contract, NotAnEvent
from imagebus.events.catalog import CATALOG, parse
from imagebus_cli.problem import Problem
from tools.contracts import reliance
from tools.contracts.compatibility import Break, breaks
from tools.contracts.declared import declaration
from tools.contracts.files import ContractFiles, schema_texts
from tools.contracts.golden import golden_events
from tools.contracts.schema import schema_name, schema_of

DIGESTS = "examples.sha256"


def problems(files: ContractFiles) -> list[str]:
    """A sentence for each change that would break a consumer, or reading the archive."""
    found = dict(_schemas(files))
    sentences = [sentence for each in found.values() for sentence in each]
    return [*sentences, *_examples(files, found), *_consumers(files)]


def release(files: ContractFiles) -> list[Path]:
    """Release the current contracts; returns what was written. Call `problems` first."""
    wanted = {files.released / f"{name}.json": text for name, text in schema_texts(files).items()}
    wanted[files.released / DIGESTS] = _digests(files)
    changed = [path for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text]
    files.released.mkdir(parents=True, exist_ok=True)
    for path in changed:
        path.write_text(wanted[path], encoding="utf-8")
    return changed


def _schemas(files: ContractFiles) -> Iterator[tuple[str, list[str]]]:
    """The name of each broken schema, with the messages."""
    names = {schema_name(model, version) for model in CATALOG for version in range(1, model.version() + 1)}
    for path in sorted(files.released.glob("*@*.json")):
        if path.stem not in names:
            sentence = (
                f"{path.stem} was released but is no longer in the catalog. Rule: a released event stays "
                "readable, because the archive holds such events. Restore its model and its upcasters."
            )
            yield path.stem, [sentence]
    for model in CATALOG:
        path = files.released / f"{schema_name(model, model.version())}.json"
        if path.is_file():  # else it is a new event or a new version, not released yet
            found = breaks(json.loads(path.read_text(encoding="utf-8")), schema_of(model))
            if found:
                yield path.stem, [_sentence(model, each) for each in found]


def _sentence(model: type[Contract], found: Break) -> str:
    name, version = schema_name(model, model.version()), model.version()
    where = f"layers/core/imagebus/events/{model.__module__.rsplit('.', 1)[1]}.py"
    if found.field.startswith("meta"):
        advice = (
            "Every event shares meta, which has no versions. Undo this: only optional fields can be added."
        )
    elif found.field.startswith("data"):
        example = f"schemas/examples/{schema_name(model, version + 1)}.json"
        advice = (
            f"Undo this, or make it version {version + 1}: keep the change in {where}, add to "
            f"{model.detail_type}.upcasters a function that turns data of version {version} into data of "
            f"version {version + 1}, write the golden event {example}, and run `make generate`."
        )
    else:
        advice = (
            f"Undo this in {where}: this is a different event now, so make a new class and keep this one."
        )
    return f"{name}: {found.field} {found.what}. Rule: {found.rule}. {advice}"


def _examples(files: ContractFiles, said: Container[str]) -> Iterator[str]:
    for golden in golden_events(files.examples):
        try:
            if golden.schema not in said:
                parse(golden.detail_type, golden.envelope["detail"])
        except NotAnEvent as error:
            yield (
                f"{golden.name}: this golden event can no longer be read ({error}). Rule: the "
                "archive holds such events. Fix the model or its upcaster, not the example."
            )
    promised = files.released / DIGESTS
    now = dict(_split(_digests(files)))
    for name, digest in _split(promised.read_text(encoding="utf-8") if promised.is_file() else ""):
        if now.get(name) != digest:
            what = "was edited" if name in now else "was removed"
            yield (
                f"schemas/examples/{name} {what}. Rule: a released golden event never changes. "
                "Restore it, and add another one beside it."
            )


def _consumers(files: ContractFiles) -> Iterator[str]:
    """The consumers of this checkout that break, by what they declare to read."""
    schemas = reliance.present(files)
    for folder in reliance.folders(files.root):
        try:
            yield from map(str, reliance.broken(declaration(folder), schemas))
        except Problem as problem:
            yield " ".join(filter(None, (problem.message, problem.detail)))


def _digests(files: ContractFiles) -> str:
    lines = [
        f"{hashlib.sha256(golden.path.read_bytes()).hexdigest()}  {golden.path.name}\n"
        for golden in golden_events(files.examples)
    ]
    return "".join(lines)


def _split(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        digest, name = line.split("  ", 1)
        yield name, digest
