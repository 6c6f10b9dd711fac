"""Every command answers in JSON, and every one about a stack takes the same three options to name it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import mock

import boto3
import pytest
import typer
from typer.testing import CliRunner

from imagebus_cli import main
from imagebus_cli.problem import Problem
from imagebus_cli.stack import find as where

#: Of these `--stack` names what is to be deployed; it has a default of its own.
DEPLOYING = {"deploy", "destroy"}


def commands(group: Any, *path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        else:
            yield " ".join([*path, name]), command


COMMANDS = dict(commands(typer.main.get_command(main.app)))


def options(command: Any) -> dict[str, Any]:
    return {name: each for each in command.params for name in each.opts if name.startswith("--")}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_script_can_read_every_answer(name: str):
    assert "--json" in options(COMMANDS[name])


@pytest.mark.parametrize("name", [name for name, each in COMMANDS.items() if "--stack" in options(each)])
def test_a_stack_on_aws_is_named_by_the_same_options_everywhere(name: str):
    found = options(COMMANDS[name])
    assert {"--profile", "--region"} <= set(found)
    if name not in DEPLOYING:
        wanted = options(COMMANDS["list"])
        for option in ("--stack", "--profile", "--region", "--json"):
            assert (found[option].help, found[option].default) == (
                wanted[option].help,
                wanted[option].default,
            )


def test_all_commands_about_a_deployed_stack_can_name_it():
    named = {name for name, each in COMMANDS.items() if "--stack" in options(each)}
    local = {name for name in COMMANDS if name.startswith(("local ", "schemas ", "contracts "))}
    assert set(COMMANDS) - named - local == {
        "demo",
        "latency",
        "load",
        "inspect",
        "recipe check",
    }


def test_a_profile_without_a_stack_is_wrong_usage_and_not_the_local_stack():
    with pytest.raises(Problem, match="--profile") as raised:
        where.find(None, profile="production")
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("option", "arguments"),
    [
        ("--at", ("status", "cat.jpg", "--at", "")),
        ("--to", ("diff", "cat.jpg", "--at", "7d", "--to", "")),
        ("--from", ("replay", "--from", "")),
        ("SOURCE", ("import", "")),
        ("--inventory", ("import", "--inventory", "")),
        ("--prefix", ("import", "--prefix", "")),
        ("--prefix", ("recipe", "backfill", "--prefix=")),
        ("--stack", ("delete", "cat.jpg", "--stack", "")),
        ("--key", ("rebuild", "--key", "cat.jpg", "--key", "")),
        ("--output", ("get", "cat.jpg", "-o", "")),
        ("FILE|DIR", ("upload", "", "--watch")),
        ("KEY", ("status", "")),
    ],
)
def test_an_unset_variable_of_a_script_is_no_default(
    option: str, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(where, "find", mock.Mock())
    raised = CliRunner().invoke(main.app, arguments).exception
    assert isinstance(raised, Problem)
    assert (raised.message, raised.exit_code) == (f"{option} is empty.", 2)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("list", "--limit", "x"), "it must be a whole number"),
        (("list", "--limit", "0"), "it must be greater than or equal to 1"),
        (("load", "--rate", "x"), "it must be a number"),
        (("list", "--status", "lost"), "'lost' is not one of 'processing', "),
        (("status",), "Missing argument 'KEY'."),
    ],
)
def test_a_wrong_value_is_explained_in_plain_words(arguments: tuple[str, ...], told: str):
    shown = CliRunner().invoke(main.app, arguments, env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 2
    assert told in shown.output
    assert "Input" not in shown.output
    assert "Value error" not in shown.output


def test_a_stack_that_is_not_ours_is_said_when_an_output_is_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(boto3, "Session", mock.MagicMock())  # whose stack has no outputs
    found = where.find("other", profile="p", region="eu-west-1")
    with pytest.raises(Problem, match="no output UploadsBucketName") as raised:
        _ = found.uploads
    assert "imagebus doctor" in raised.value.advice
