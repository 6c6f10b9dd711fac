"""YAML as plain values, with the line of each.

Keys are text: `640:` is the key "640". Duplicate keys are mistakes, which YAML loaders accept silently. So
are explicit tags, deep nesting and many aliases, with which a small file can take much memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.events import AliasEvent, Event, ScalarEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

#: A set of recipes has seven levels. Aliases multiply what they stand for, each by all before it.
DEEPEST, ALIASES = 20, 20

#: Numbers that YAML 1.1 reads as octal, or as hours and minutes, and YAML 1.2 does not.
OTHERWISE = re.compile(r"[-+]?0[0-9_]+|.*:.*")
NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")

#: A key or an index for each level, from the top.
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Mistake:
    """`line` counts from 1; 0 is the file as a whole."""

    line: int
    path: Path
    message: str

    @property
    def field(self) -> str:
        """As in `recipes[0].variants.card.width`."""
        steps = (f"[{each}]" if isinstance(each, int) else f".{each}" for each in self.path)
        return "".join(steps).removeprefix(".")


@dataclass(frozen=True)
class Document:
    value: Any
    lines: Mapping[Path, int]
    mistakes: tuple[Mistake, ...] = ()

    def line(self, path: Path) -> int:
        """Of the value, or of what it is missing from."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


def parse(text: str) -> Document:
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except _Refused as refused:
        return Document(None, {}, refused.mistakes)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        return Document(None, {}, (Mistake(mark.line + 1 if mark else 0, (), f"not valid YAML: {what}"),))
    if node is None:
        return Document(None, {}, (Mistake(0, (), "the file is empty"),))
    if loader.mistakes:
        return Document(None, {}, tuple(loader.mistakes))
    reader = _Reader()
    value = reader.read(node, ())
    return Document(value, reader.lines, tuple(reader.mistakes))


class _Refused(Exception):
    def __init__(self, *mistakes: Mistake) -> None:
        self.mistakes = mistakes


class _Loader(yaml.SafeLoader):
    """Refuses what only the syntax shows, before anything is built of it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.mistakes: list[Mistake] = []
        self._path: list[str | int] = []
        self._depth = self._aliases = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """`index` is the key's node for a value of a mapping, the number for an item, and else None."""
        step = _printable(index.value) if isinstance(index, ScalarNode) else index
        known = isinstance(step, str | int)
        self._path += [step] * known
        self._depth += 1
        self._look(self.peek_event(), is_key=index is None and parent is not None)  # type: ignore[no-untyped-call]
        node: Node | None = super().compose_node(parent, index)
        self._depth -= 1
        del self._path[len(self._path) - known :]
        return node

    def _look(self, event: Event, *, is_key: bool) -> None:
        self._aliases += isinstance(event, AliasEvent)
        if self._depth > DEEPEST:
            raise _Refused(*self.mistakes, self._mistake(event, f"nested more than {DEEPEST} levels deep"))
        if self._aliases > ALIASES:
            raise _Refused(*self.mistakes, self._mistake(event, f"more than {ALIASES} aliases"))
        if tag := getattr(event, "tag", None):
            name = _printable(tag).replace("tag:yaml.org,2002:", "!!")
            self.mistakes.append(self._mistake(event, f"tags such as {name} are not supported"))
        if isinstance(event, ScalarEvent) and _printable(event.value) != event.value:
            self.mistakes.append(self._mistake(event, "half of a surrogate pair is not a character"))
        if isinstance(event, ScalarEvent) and not is_key and self._is_old_number(event):
            message = f"{event.value} is not a decimal number; put text in quotes"
            self.mistakes.append(self._mistake(event, message))

    def _is_old_number(self, event: ScalarEvent) -> bool:
        tag = self.resolve(ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
        return tag in NUMBERS and OTHERWISE.fullmatch(event.value) is not None

    def _mistake(self, event: Event, message: str) -> Mistake:
        mark = event.start_mark
        return Mistake(mark.line + 1 if mark else 0, tuple(self._path), message)


def _printable(text: str) -> str:
    """Lone surrogates, which no encoding has, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


class _Reader:
    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.mistakes: list[Mistake] = []
        self._scalars = SafeConstructor()
        self._open: list[Node] = []

    def read(self, node: Node, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if any(node is each for each in self._open):
            return self._mistake(node, path, "an alias of what it is part of")
        self._open.append(node)
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, path)
            if isinstance(node, SequenceNode):
                return [self.read(each, (*path, number)) for number, each in enumerate(node.value)]
            return self._scalar(node, path)
        finally:
            self._open.pop()

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._mistake(key, path, "a key must be text")
            elif key.value in found:
                self._mistake(key, (*path, key.value), "duplicate key")
            else:
                self.lines[*path, key.value] = key.start_mark.line + 1
                found[key.value] = self.read(value, (*path, key.value))
        return found

    def _scalar(self, node: Node, path: Path) -> Any:
        try:
            return self._scalars.construct_object(node, deep=True)
        except (ConstructorError, ValueError) as error:
            return self._mistake(node, path, getattr(error, "problem", None) or str(error))

    def _mistake(self, node: Node, path: Path, message: str) -> None:
        self.mistakes.append(Mistake(node.start_mark.line + 1, path, message))
