"""The contracts after an additive change: one optional field more in everything that has fields."""

from __future__ import annotations

import copy
import json
from typing import Any

from tests.contract.checkout import FILES
from tools.contracts.files import schema_texts

Schemas = dict[str, dict[str, Any]]
#: What is added, in the forms that a model's new field has.
ADDED = {
    "later": {"anyOf": [{"type": "string", "maxLength": 200}, {"type": "null"}], "default": None},
    "later_kind": {"anyOf": [{"enum": ["AVIF", "new"], "type": "string"}, {"type": "null"}], "default": None},
    "later_map": {
        "anyOf": [
            {
                "patternProperties": {"^[\\s\\S]{1,255}$": {"type": "integer"}},
                "additionalProperties": False,
                "type": "object",
            },
            {"type": "null"},
        ],
        "default": None,
    },
}


def released() -> Schemas:
    return {name: json.loads(text) for name, text in schema_texts(FILES).items()}


def richer() -> Schemas:
    """The newest version of every event has them. Superseded ones never change."""
    schemas = copy.deepcopy(released())
    for name, schema in schemas.items():
        newest = f"{name}@v2" not in schemas if "@v" not in name else True
        for definition in schema["definitions"].values() if newest else ():
            definition["properties"] |= copy.deepcopy(ADDED)
    return schemas
