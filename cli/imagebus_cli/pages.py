"""Help as a person reads it: `-h` beside `--help`, and values by what they are instead of types of Python."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

#: For every Typer: its commands take it over.
SETTINGS = {"help_option_names": ["-h", "--help"]}
#: Panel of the options that most commands share.
SHARED = "Stack and output"
VALUES = {"str": "TEXT", "int": "NUMBER", "float": "NUMBER", "Path": "PATH"}


def _readable(parameter: Any) -> Any:
    """A flag has no value to describe, and choices describe themselves."""
    if parameter.type_descriptor.is_choice:
        return parameter
    name = parameter.bare_type().removeprefix("list[").removesuffix("]")
    argument = parameter.param_type_name == "argument"  # its name already says what it is
    shown = "" if argument or getattr(parameter, "is_flag", False) else parameter.metavar
    value = VALUES.get(name, name.upper()) if shown is None else shown

    def display(ctx: Any) -> str:  # noqa: ARG001  # Typer's signature
        return value

    vars(parameter)["display_type_rich"] = display
    return parameter


class Command(TyperCommand):
    def get_params(self, ctx: Any) -> Any:
        return [_readable(each) for each in super().get_params(ctx)]


class Group(TyperGroup):
    def get_params(self, ctx: Any) -> Any:
        return [_readable(each) for each in super().get_params(ctx)]
