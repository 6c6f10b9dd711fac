"""The help of every command: all of it is explained, and nothing in it is a type of Python."""

from __future__ import annotations

import re
from typing import Any

import click
import pytest
from typer.testing import CliRunner

from imagebus_cli import main
from tests.unit.cli.test_options import COMMANDS

#: `<bool>`, `<list[Path]>`, `<int range>`, and an argument under the name of its variable. Choices stay.
PYTHON = re.compile(r"<[a-zA-Z][^>|]*>|[{\[][a-z_]+[}\]](\.\.\.)? *$", re.MULTILINE)


def page(*command: str) -> str:
    shown = CliRunner().invoke(main.app, [*command], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0
    return click.unstyle(shown.output)


@pytest.mark.parametrize("name", ["", "recipe", "local", *COMMANDS])
def test_help_has_a_short_form_and_names_no_type_of_python(name: str):
    shown = page(*name.split(), "-h")
    assert shown == page(*name.split(), "--help")
    assert not PYTHON.search(shown)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_is_explained(name: str):
    parameters: list[Any] = COMMANDS[name].params
    assert not [each.name for each in parameters if not (each.help or "").strip()]


def test_a_flag_shows_no_value():
    line = next(each for each in page("upload", "-h").splitlines() if "--watch " in each and "Then" in each)
    assert re.fullmatch(r"│ +--watch +Then .*│", line), line
