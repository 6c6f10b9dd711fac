"""Help as a person reads it: `-h` beside `--help`, and values by what they are instead of types of Python."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from typer import BadParameter
from typer.core import TyperCommand, TyperGroup

from imagebus_cli.problem import Problem

#: For every Typer: its commands take it over.
SETTINGS = {"help_option_names": ["-h", "--help"]}
#: Panel of the options that most commands share.
SHARED = "Stack and output"
#: What is wrong with a value, in words for who typed it. Typer takes pydantic's.
PLAIN = {
    "Value error, ": "",
    "Input should be a valid integer.*": "it must be a whole number",
    "Input should be a valid number.*": "it must be a number",
    "Input should be ": "it must be ",
}
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

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        try:
            if not ctx.resilient_parsing:
                _refuse_empty(self.get_params(ctx), self.make_parser(ctx).parse_args(args=list(args))[0])
            return super().parse_args(ctx, args)
        except BadParameter as error:
            for found, said in PLAIN.items():
                error.message = re.sub(found, said, error.message or "")
            raise


def _refuse_empty(parameters: Iterable[Any], given: Mapping[str, Any]) -> None:
    """`--prefix "$UNSET"` must not count as leaving the option out, nor `"$UNSET"` as a folder.

    Raises Problem.
    """
    for each in parameters:
        value = given.get(each.name)
        if value == "" or (isinstance(value, (list, tuple)) and "" in value):
            option = max(each.opts, key=len)
            name = option if option.startswith("-") else (each.metavar or option.upper()).strip("[]")
            raise Problem(f"{name} is empty.", "Give it a value, or leave it out.", exit_code=2)


class Group(TyperGroup):
    def get_params(self, ctx: Any) -> Any:
        return [_readable(each) for each in super().get_params(ctx)]
