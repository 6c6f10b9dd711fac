"""contracts.yml: what a consumer reads of the events that it listens to, and what it takes for granted there.

    events:
      ImageRejected:
        versions: [1]                # those that it handles; without this, the newest, as the library has it
        reads:
          meta.image_key: string
          data.limit: integer?       # may be absent
          data.code: [corrupt, empty]  # handles these values; as `string` it would take any

Fields are paths below `detail`: `data.items[].width` for the items of an array, `data.stages.*` for the
values of a map. Types are string, integer, number, boolean, object, array and any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagebus_cli.problem import Problem
from imagebus_cli.recipes import yamlfile
from imagebus_cli.recipes.yamlfile import Document, Mistake

NAME = "contracts.yml"
TYPES = ("string", "integer", "number", "boolean", "object", "array", "any")
FIELD = re.compile(r"(meta|data)(\.([a-z][a-z0-9_]*|\*)(\[\])*)+")

Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Read:
    """`kind` is one of TYPES. `values`: those that are handled, if only some are."""

    field: str
    kind: str
    optional: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listens:
    """`versions` is empty for the newest one, whichever that is."""

    event: str
    reads: tuple[Read, ...]
    versions: tuple[int, ...] = ()


@dataclass(frozen=True)
class Declaration:
    """`consumer` is the name of its folder."""

    consumer: str
    events: tuple[Listens, ...]


def declaration(folder: Path) -> Declaration:
    """Raises Problem if there is none, or if it is invalid: `contracts.yml:7: field: what is wrong`."""
    path = folder / NAME
    try:
        document = yamlfile.parse(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise Problem(f"{path} is not UTF-8.", "Save it as UTF-8.", exit_code=2) from error
    except OSError as error:
        advice = "It says which fields a consumer reads. Write one: docs/clients.md has its form."
        raise Problem(f"{path} cannot be read: {error.strerror}.", advice, exit_code=2) from error
    mistakes = list(document.mistakes) or list(_mistakes(document))
    if mistakes:
        lines = [
            ": ".join(filter(None, (f"{path}:{each.line}", each.field, each.message))) for each in mistakes
        ]
        raise Problem(f"{path} is invalid.", detail="\n".join(lines), exit_code=2)
    events = document.value["events"]
    return Declaration(folder.resolve().name, tuple(_listens(name, each) for name, each in events.items()))


def _listens(event: str, declared: Mapping[str, Any]) -> Listens:
    reads = tuple(_read(field, kind) for field, kind in declared["reads"].items())
    return Listens(event, reads, tuple(declared.get("versions", ())))


def _read(field: str, kind: str | list[str]) -> Read:
    if isinstance(kind, list):
        values = tuple(each for each in kind if each != "?")
        return Read(field, "string", optional="?" in kind, values=values)
    return Read(field, kind.removesuffix("?"), optional=kind.endswith("?"))


def _mistakes(document: Document) -> Iterator[Mistake]:
    def wrong(path: Steps, message: str) -> Mistake:
        return Mistake(document.line(path), path, message)

    value = document.value
    if not isinstance(value, dict):
        yield wrong((), "must be a mapping with the key events")
        return
    for name in value:
        if name != "events":
            yield wrong((name,), "unknown key; there is only events")
    events = value.get("events")
    if not isinstance(events, dict) or not events:
        yield wrong(("events",), "must map each event that the consumer listens to, to what it reads")
        return
    for event, declared in events.items():
        for path, message in _of_event(declared):
            yield wrong(("events", event, *path), message)


def _of_event(declared: Any) -> Iterator[tuple[Steps, str]]:
    if not isinstance(declared, dict):
        yield (), "must be a mapping with the key reads"
        return
    for name in declared:
        if name not in ("versions", "reads"):
            yield (name,), "unknown key; there are versions and reads"
    if "versions" in declared:
        yield from _of_versions(declared["versions"])
    reads = declared.get("reads")
    if not isinstance(reads, dict):
        yield ("reads",), "must map each field to its type; {} if it reads none"
        return
    for field, kind in reads.items():
        if not FIELD.fullmatch(field):
            yield (
                ("reads", field),
                "is not a field: write meta.image_key, data.items[].width or data.stages.*",
            )
        elif message := _of_kind(kind):
            yield ("reads", field), message


def _of_versions(versions: Any) -> Iterator[tuple[Steps, str]]:
    sound = isinstance(versions, list) and all(type(each) is int and each > 0 for each in versions)
    if not sound or not versions:
        yield ("versions",), "must list the versions that it handles, such as [1, 2]"


def _of_kind(kind: Any) -> str:
    if isinstance(kind, list):
        sound = all(isinstance(each, str) for each in kind) and any(each != "?" for each in kind)
        return "" if sound else 'must list the values that it handles as text, and "?" if it may be absent'
    known = isinstance(kind, str) and kind.removesuffix("?") in TYPES
    return (
        "" if known else f"must be one of {', '.join(TYPES)}, with ? if it may be absent, or a list of values"
    )
