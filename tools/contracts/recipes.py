"""The JSON Schema of recipes.yml, for editors. `imagebus recipe check` knows a few rules more."""

from __future__ import annotations

import inspect
from typing import Any, get_args

import msgspec

from imagebus.recipes.model import RecipeSet, Variant
from tools.contracts.schema import schema_text

#: What msgspec writes: https://jcristharif.com/msgspec/jsonschema.html
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def recipes_schema() -> str:
    schema: dict[str, Any] = msgspec.json.schema(RecipeSet)
    for each in schema["$defs"].values():
        each["description"] = inspect.cleandoc(each["description"])
    # msgspec leaves out which keys a mapping may have.
    kinds = {each.name: each.type for each in msgspec.structs.fields(Variant)}
    formats = get_args(get_args(kinds["quality"])[0])
    schema["$defs"]["Variant"]["properties"]["quality"]["propertyNames"] = {"enum": sorted(formats)}
    logo = schema["$defs"]["Watermark"]["properties"]["logo"]
    logo |= {"description": "A PNG, named relative to the file.", "maxLength": 1024}
    text = schema_text({"$schema": DIALECT, "title": "recipes.yml", **schema})
    return text.replace(r"\\Z", "$")  # editors match by JavaScript's rules, which lack \Z
