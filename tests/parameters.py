"""What a function of the template gets in its environment."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from imagebus_local import templates

_TEMPLATE = Path(__file__).resolve().parent.parent / "template.yml"


def environment(function: str, **given: str) -> dict[str, str]:
    """The variables that are parameters, with the values that are given and the defaults of the others."""
    return {
        variable: given.get(parameter, default)
        for variable, (parameter, default) in _variables(function).items()
    }


@cache
def _variables(function: str) -> dict[str, tuple[str, str]]:
    template = templates.read(_TEMPLATE)
    declared = template["Parameters"]
    variables = template["Resources"][function]["Properties"]["Environment"]["Variables"]
    return {
        name: (value["Ref"], str(declared[value["Ref"]]["Default"]))
        for name, value in variables.items()
        if isinstance(value, dict) and value.get("Ref") in declared
    }
