"""What a consumer declares to read, in the terms of tests/integration/reading.py."""

from __future__ import annotations

import json
import re
from typing import Any

from imagebus.events.catalog import BY_DETAIL_TYPE
from tools.contracts.declared import Declaration
from tools.contracts.schema import schema_of


def declared_by(consumer: Declaration) -> set[str]:
    """Each declared field, and those that lead to it: `Usage.billed_ms` and `Meta.usage`."""
    found: set[str] = set()
    for listens in consumer.events:
        definitions = schema_of(BY_DETAIL_TYPE[listens.event])["definitions"]
        for each in listens.reads:
            part, *steps = re.findall(r"[^.\[]+", each.field)
            model = BY_DETAIL_TYPE[listens.event].meta_type.__name__ if part == "meta" else listens.event
            for step in (step for step in steps if step != "]"):
                found.add(f"{model}.{step}")
                model = _model_in(definitions.get(model, {}).get("properties", {}).get(step)) or model
    return found


def _model_in(field: Any) -> str:
    """The model of a field's value or items, if they are one."""
    return next(iter(re.findall(r"#/definitions/(\w+)", json.dumps(field))), "")
