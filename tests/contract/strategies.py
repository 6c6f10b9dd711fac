"""Random documents that one of our schemas allows: hypothesis strategies for the keywords we use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def documents(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Raises KeyError for a type that our schemas do not use."""
    if "$ref" in schema:
        return documents(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([documents(each, definitions) for each in schema["anyOf"]])
    return _of_type(schema, definitions)


def _of_type(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    kind = schema.get("type")
    if kind == "object":
        return _objects(schema, definitions)
    if kind == "array":
        items = documents(schema.get("items", {}), definitions)
        return st.lists(items, min_size=schema.get("minItems", 0), max_size=min(schema.get("maxItems", 4), 4))
    return _scalars(schema)


def _scalars(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    low, high = schema.get("minimum"), schema.get("maximum")
    simple: dict[Any, Callable[[], st.SearchStrategy[Any]]] = {
        None: lambda: JSON,
        "null": st.none,
        "boolean": st.booleans,
        "integer": lambda: st.integers(low, high),
        "number": lambda: st.floats(low, high, allow_nan=False, allow_infinity=False),
        "string": lambda: _text(schema),
    }
    return simple[schema.get("type")]()


def _text(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if "pattern" in schema:
        # Python's `$` matches before a final line break; that of ECMAScript (and of the models) does not
        return st.from_regex(schema["pattern"].replace("$", r"\Z").replace(r"\d", "[0-9]"))
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 2000)
    short = st.text(min_size=shortest, max_size=min(longest, 20))
    return short | st.sampled_from(["😀", "a"]).map(lambda char: char * longest)


def _objects(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    required = set(schema.get("required", ()))
    fields = {name: documents(each, definitions) for name, each in schema.get("properties", {}).items()}
    known = st.fixed_dictionaries(
        {name: each for name, each in fields.items() if name in required},
        optional={name: each for name, each in fields.items() if name not in required},
    )
    for pattern, each in schema.get("patternProperties", {}).items():
        names = st.from_regex(pattern.replace("$", r"\Z"))
        return st.dictionaries(names, documents(each, definitions), max_size=min(schema["maxProperties"], 4))
    later = st.dictionaries(st.text(max_size=8).filter(lambda name: name not in fields), JSON, max_size=2)
    return st.builds(lambda now, more: {**more, **now}, known, later)
