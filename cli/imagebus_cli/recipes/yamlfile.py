"""YAML as plain values, with the line of each.

Keys are text: `640:` is the key "640". Duplicate keys are mistakes, which YAML loaders accept silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

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
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        return Document(None, {}, (Mistake(mark.line + 1 if mark else 0, (), f"not valid YAML: {what}"),))
    if node is None:
        return Document(None, {}, (Mistake(0, (), "the file is empty"),))
    reader = _Reader()
    value = reader.read(node, ())
    return Document(value, reader.lines, tuple(reader.mistakes))


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
                self._mistake(key, (*path, key.value), "is here twice")
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
