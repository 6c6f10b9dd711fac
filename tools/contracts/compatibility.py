"""What may change in a released schema: optional fields may be added, and nothing else.

Both directions matter. Consumers rely on what was released, so nothing may disappear or widen. The archive
holds yesterday's events, which today's code reads, so nothing may narrow either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

Schema = dict[str, Any]

#: Keywords that do not affect which documents are valid.
_PROSE: Final = frozenset({"title", "description", "$schema"})
_STRUCTURE: Final = frozenset(
    {"properties", "patternProperties", "additionalProperties", "items", "required"}
)


@dataclass(frozen=True)
class Break:
    """`field` as `data.items[].width`; `rule` is what was broken, `what` is what was done."""

    field: str
    rule: str
    what: str


def breaks(released: Schema, current: Schema) -> list[Break]:
    """Everything in `current` that breaks `released`, in the order of its fields."""
    old, new = resolved(released), resolved(current)
    found: list[Break] = []
    for part in ("meta", "data"):
        found += differences(_detail(old)[part], _detail(new)[part], part)
    for keyword in ("source", "detail-type"):
        found += differences(old["properties"][keyword], new["properties"][keyword], keyword)
    return found


def _detail(schema: Schema) -> Schema:
    properties: Schema = schema["properties"]["detail"]["properties"]
    return properties


def resolved(schema: Schema) -> Schema:
    """The schema with every reference replaced by what it refers to. Ours never refer to themselves."""
    definitions = schema.get("definitions", {})

    def resolve(node: Any) -> Any:
        if isinstance(node, list):
            return [resolve(each) for each in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return resolve(definitions[node["$ref"].rsplit("/", 1)[1]])
        return {key: resolve(value) for key, value in node.items() if key != "definitions"}

    whole: Schema = resolve(schema)
    return whole


def differences(old: Schema, new: Schema, field: str) -> Iterator[Break]:
    """Everything in `new` that breaks `old`, of one field, resolved."""
    old, new = without_null(old), without_null(new)
    if kind_of(old) != kind_of(new):
        yield Break(field, "a field keeps its type", f"was {kind_of(old)} and is now {kind_of(new)}")
        return
    yield from _fields(old, new, field)
    yield from _values(old, new, field)
    for keyword in sorted((set(old) | set(new)) - _PROSE - _STRUCTURE - {"enum", "anyOf", "type"}):
        if old.get(keyword) != new.get(keyword):
            change = f"{keyword} was {_said(old, keyword)} and is now {_said(new, keyword)}"
            yield Break(field, "a field keeps its limits and its default", change)
    for number, (before, after) in enumerate(zip(old.get("anyOf", ()), new.get("anyOf", ()), strict=False)):
        yield from differences(before, after, f"{field}|{number}")


def _fields(old: Schema, new: Schema, field: str) -> Iterator[Break]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
    added = [name for name in after if name not in before]
    for name, schema in before.items():
        path = f"{field}.{name}"
        if name not in after:
            same = [other for other in added if without_null(after[other]) == without_null(schema)]
            what = "was removed"
            if same:  # report a rename once
                added.remove(same[0])
                what = f"was renamed to {same[0]}, apparently"
            yield Break(path, "a released field stays", what)
            continue
        if name in needed_before and name not in needed_after:
            yield Break(path, "a required field stays required", "was required and is now optional")
        if name in needed_after and name not in needed_before:
            yield Break(path, "an optional field stays optional", "was optional and is now required")
        if nullable(schema) != nullable(after[name]):
            yield Break(path, "a field keeps its type", "changed whether it can be null")
        yield from differences(schema, after[name], path)
    for name in added:
        if name in needed_after:
            what = "is new and required, but released events do not have it"
            yield Break(f"{field}.{name}", "a new field is optional", what)
    for keyword, suffix in (("items", "[]"), ("patternProperties", ".*"), ("additionalProperties", ".*")):
        yield from _inner(old.get(keyword), new.get(keyword), field + suffix)


def _inner(old: Any, new: Any, field: str) -> Iterator[Break]:
    """The items of arrays and maps. A map's schema is under the pattern of its names."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        if "type" in old or "anyOf" in old:
            yield from differences(old, new, field)
            return
        if set(old) == set(new):
            for pattern in old:
                yield from differences(old[pattern], new[pattern], field)
            return
    yield Break(field, "a map keeps the names that it allows", "allows other names now")


def _values(old: Schema, new: Schema, field: str) -> Iterator[Break]:
    before, after = old.get("enum", []), new.get("enum", [])
    if gone := [value for value in before if value not in after]:
        what = f"no longer has {_list(gone)}, which released events carry"
        yield Break(field, "an enumeration keeps its values", what)
    if come := [value for value in after if value not in before]:
        what = f"has {_list(come)} now, which consumers do not know"
        yield Break(field, "an enumeration gains no values", what)


def nullable(schema: Schema) -> bool:
    """Whether null is one of its values."""
    return {"type": "null"} in schema.get("anyOf", ())


def without_null(schema: Schema) -> Schema:
    """`anyOf: [X, null]` as X: an optional field, whose absence and null mean the same."""
    others = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if nullable(schema) and len(others) == 1:
        return {**others[0], **{key: value for key, value in schema.items() if key != "anyOf"}}
    return schema


def kind_of(schema: Schema) -> str:
    """Its type, as `integer`, or as `string or null`."""
    if "anyOf" in schema:
        return " or ".join(kind_of(each) for each in schema["anyOf"])
    return str(schema.get("type", "anything"))


def _said(schema: Schema, keyword: str) -> str:
    return repr(schema[keyword]) if keyword in schema else "not set"


def _list(values: list[Any]) -> str:
    return ", ".join(map(str, values))
