"""The texts of the files of clients/: what the generators write in Node, with what it lacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imagebus.events.base import SOURCE_PREFIX
from imagebus.events.catalog import CATALOG
from tools.clients import dispatch
from tools.clients.combined import Schema, combined
from tools.clients.plain import plain
from tools.clients.shapes import shapes
from tools.node import Node

HERE = Path(__file__).parent
GENERATED = "// Generated from "
EVENTS, JAVA = "typescript/src/events.ts", "java/imagebus/events/"

Texts = dict[str, str]


def generate(node: Node, schemas: Mapping[str, Schema], openapi: Schema) -> Texts:
    """Path below clients/ -> text."""
    events = combined(schemas)
    made = _written(node, {"events": events, "plain": plain(events), "openapi": openapi})
    go = dispatch.go(made.pop("go/events.go"))
    java = dispatch.java(
        {path.removeprefix(JAVA): made.pop(path) for path in list(made) if path.startswith(JAVA)}
    )
    made[EVENTS] = _with_guard(made[EVENTS], events)
    made |= {f"go/{name}": text for name, text in go.items()}
    made |= {JAVA + name: text for name, text in java.items()}
    return {path: _headed(path, text) for path, text in sorted(made.items())}


def typescript(node: Node, schemas: Mapping[str, Schema]) -> str:
    """The text of EVENTS alone."""
    events = combined(schemas)
    return _headed(EVENTS, _with_guard(_written(node, {"events": events})[EVENTS], events))


def _written(node: Node, asked: Mapping[str, Schema]) -> Texts:
    made: Texts = json.loads(node.run(HERE / "generate.mjs", stdin=json.dumps(asked)))
    return made


def _with_guard(types: str, events: Schema) -> str:
    return "\n".join([types, (HERE / "guard.ts").read_text("utf-8"), _tables(events)])


def _headed(path: str, text: str) -> str:
    source = "docs/openapi.json" if path.endswith("/api.ts") else "schemas/"
    return f"{GENERATED}{source} by `make generate`; do not edit.\n\n{text.strip()}\n"


def _tables(events: Schema) -> str:
    """What the guard checks by."""
    about = {
        model.detail_type: {
            "source": SOURCE_PREFIX + model.producer,
            "meta": model.meta_type.__name__,
            "newest": model.version(),
        }
        for model in CATALOG
    }
    kind = "{ readonly source: string; readonly meta: string; readonly newest: number }"
    return f"{_constant('EVENTS', kind, about)}\n{_constant('SHAPES', 'Shape', shapes(events))}"


def _constant(name: str, kind: str, value: Mapping[str, Any]) -> str:
    lines = "".join(f"  {json.dumps(key)}: {json.dumps(each)},\n" for key, each in value.items())
    return f"const {name}: {{ readonly [name: string]: {kind} }} = {{\n{lines}}};\n"
