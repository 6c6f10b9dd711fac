"""The command as a user sees it."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import click
import pytest
from typer.testing import CliRunner

import imagebus_local
from imagebus_cli import main
from imagebus_cli.output import terminal
from imagebus_cli.problem import Problem, explain
from imagebus_cli.stack import find, lifecycle
from imagebus_local import LocalError, LocalState, emulator, ports

runner = CliRunner()


def run(*arguments: str, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "imagebus_cli.main", *arguments]
    environment = os.environ | variables
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)


@pytest.mark.parametrize("command", ["local", "demo", "latency", "deploy"])
def test_every_command_explains_itself(command: str):
    assert command in runner.invoke(main.app, ["--help"]).output
    assert runner.invoke(main.app, [command, "--help"]).exit_code == 0


@pytest.mark.parametrize("command", [["status"], ["recipe", "plan"]])
def test_a_paragraph_of_help_is_as_wide_as_the_terminal(command: list[str]):
    page = runner.invoke(main.app, [*command, "--help"], env={"COLUMNS": "400"}).output
    about = [line for line in click.unstyle(page).partition("╭")[0].split("\n") if line.strip()]
    assert all(line.rstrip().endswith(".") for line in about[1:]), about


def test_the_help_groups_every_command_by_topic():
    page = click.unstyle(runner.invoke(main.app, ["--help"]).output)  # coloured on GitHub
    assert {"Images", "A stack", "This computer"} <= main.PANELS.keys()
    assert all(f"─ {panel} ─" in page for panel in main.PANELS)
    assert "─ Commands ─" not in page, "a command without a topic"


def test_the_version_is_that_of_the_installed_package():
    done = runner.invoke(main.app, ["--version"])
    assert (done.exit_code, done.output) == (0, f"imagebus {version('imagebus')}\n")


@pytest.mark.parametrize(
    "arguments", [("retry",), ("get", "a", "--processed", "--thumbnail", "b"), ("cost", "--prices", "x")]
)
def test_wrong_usage_is_reported_before_the_stack_is_looked_up(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
):
    monkeypatch.setattr(find, "find", lambda *_, **__: pytest.fail("looked up"))
    raised = runner.invoke(main.app, arguments).exception
    assert isinstance(raised, Problem)
    assert raised.exit_code == 2


def test_progress_is_no_part_of_a_json_document(monkeypatch: pytest.MonkeyPatch):
    def down() -> bool:
        terminal.console.print("on the way")
        return True

    monkeypatch.setattr(imagebus_local, "down", down)
    done = runner.invoke(main.app, ["local", "down", "--json"])
    assert json.loads(done.stdout) == {"state": "down", "was_up": True}
    assert done.stderr == "on the way\n"
    assert runner.invoke(main.app, ["local", "down"]).stdout.startswith("on the way\n")


@pytest.mark.parametrize("command", [["--help"], ["load", "--help"], ["recipe", "plan", "--help"]])
def test_help_imports_typer_and_rich_and_no_other_package(command: list[str]):
    """Each import delays every command, and the completion of the shell."""
    code = f"""
import contextlib, io, sys
before = set(sys.modules)
from imagebus_cli.main import main
sys.argv = ["imagebus", *{command}]
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as shown:
    main()
assert "Usage:" in shown.getvalue(), shown.getvalue()
for name in sys.modules.keys() - before:
    if "site-packages" in (getattr(sys.modules[name], "__file__", None) or ""):
        print(name.partition(".")[0])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    typers_own = {"annotated_doc", "shellingham"}
    assert set(done.stdout.split()) - typers_own == {"rich", "typer"}, done.stderr


def test_an_option_that_is_given_is_still_checked():
    done = run("load", "--count", "many")
    assert (done.returncode, "whole number" in done.stderr) == (2, True)


def test_a_wrong_option_is_wrong_usage():
    assert run("demo", "--nonsense").returncode == 2


def test_a_missing_folder_is_said_in_a_line_before_anything_starts(tmp_path: Path):
    done = run("demo", "--images", str(tmp_path / "nowhere"), cwd=tmp_path)
    assert done.returncode == 2
    assert "There is no folder" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("deploy", "--yes"), ("destroy", "--stack", "imagebus", "--yes")])
def test_the_local_stack_is_not_mistaken_for_an_account(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
):
    monkeypatch.setattr(lifecycle, "_session", lambda *_: pytest.fail("asked"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    raised = runner.invoke(main.app, command).exception
    assert isinstance(raised, Problem)
    assert "not an AWS account" in raised.message
    assert "local env --unset" in raised.advice


def test_the_local_environment_can_be_unset_also_when_the_local_stack_is_down():
    set_by_env = emulator.client_environment(4566)
    lines = runner.invoke(main.app, ["local", "env", "--unset"]).stdout.splitlines()
    assert lines == [f"unset {name}" for name in set_by_env]
    document = json.loads(runner.invoke(main.app, ["local", "env", "--unset", "--json"]).stdout)
    assert document == {"unset": [*set_by_env]}


def test_the_local_environment_overrides_what_the_user_had(monkeypatch: pytest.MonkeyPatch):
    mine = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_ENDPOINT_URL_S3")
    for name in mine:
        monkeypatch.setenv(name, "mine")
    monkeypatch.setattr(imagebus_local, "env", lambda: emulator.client_environment(4566))
    lines = runner.invoke(main.app, ["local", "env"]).stdout
    shown = subprocess.run(["sh", "-c", f"{lines}\nenv"], capture_output=True, text=True, check=True).stdout
    after = dict(line.split("=", 1) for line in shown.splitlines() if line.startswith("AWS_"))
    assert after.keys().isdisjoint(mine)
    assert after.items() >= emulator.client_environment(4566).items()


def test_a_parameter_of_the_local_stack_is_checked_before_anything_starts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(imagebus_local, "up", lambda *_, **__: pytest.fail("started"))
    for text, advice in {
        "CorsOrigin=*": "Similar: CorsOrigins",
        "CorsOrigins": "NAME=VALUE",
        "Polling=sometimes": "The default is",
    }.items():
        raised = runner.invoke(main.app, ["local", "up", "--port", "4999", "--parameter", text]).exception
        assert isinstance(raised, Problem)
        assert (raised.exit_code, advice in raised.advice) == (2, True), raised.advice


@pytest.mark.parametrize(
    ("state", "free", "port"), [("down", True, None), ("down", False, 4567), ("up", False, None)]
)
def test_a_busy_port_is_left_for_the_next_free_one_unless_the_local_stack_has_it(
    monkeypatch: pytest.MonkeyPatch, state: Literal["down", "up"], free: bool, port: int | None
):
    started: list[object] = []

    def up(port: int | None, **_: object) -> LocalState:
        started.append(port)
        return LocalState("http://x", "us-east-1", 1, {}, None, None, "imagebus", 1, "")

    monkeypatch.setattr(imagebus_local, "status", lambda: imagebus_local.Status(state))
    monkeypatch.setattr(imagebus_local, "up", up)
    monkeypatch.setattr(ports, "is_free", lambda _: free)
    monkeypatch.setattr(ports, "suggest", lambda _: 4567)
    assert runner.invoke(main.app, ["local", "up"]).exit_code == 0
    assert started == [port]


def test_parameters_reach_the_local_stack(monkeypatch: pytest.MonkeyPatch):
    given: list[object] = []

    def up(port: int, *, parameters: object, say: object) -> LocalState:
        given.append(parameters)
        return LocalState("http://x", "us-east-1", 1, {}, None, None, "imagebus", port, "")

    monkeypatch.setattr(imagebus_local, "up", up)
    two = ["--parameter", "CorsOrigins=http://localhost:5173", "--parameter", "Polling=scheduled"]
    for options in ([], two):
        done = runner.invoke(main.app, ["local", "up", "--port", "4999", *options])
        assert done.exit_code == 0, done.output
    assert given == [None, {"CorsOrigins": "http://localhost:5173", "Polling": "scheduled"}]


def test_an_interrupted_start_says_what_is_left(monkeypatch: pytest.MonkeyPatch):
    def up(*_: object, **__: object) -> LocalState:
        os.kill(os.getpid(), signal.SIGTERM)  # as `timeout` and CI end a command
        raise AssertionError

    monkeypatch.setattr(imagebus_local, "up", up)
    monkeypatch.setattr(imagebus_local, "status", lambda: imagebus_local.Status("down"))
    done = runner.invoke(main.app, ["local", "up", "--port", "4999"])
    assert (done.exit_code, done.stderr) == (130, "Interrupted. The local AWS is down.\n")


def test_a_local_error_keeps_its_advice():
    problem = explain(LocalError("port_busy", "Port 4566 is in use.", "Choose another."))
    assert problem is not None
    assert (problem.message, problem.advice, problem.exit_code) == (
        "Port 4566 is in use.",
        "Choose another.",
        3,
    )


def test_a_bug_is_no_problem_to_be_explained_away():
    assert explain(ValueError("bug")) is None
    assert explain(FileNotFoundError(errno.ENOENT, "No such file or directory", "inner.json")) is None


def test_what_the_computer_refuses_is_no_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    full = explain(OSError(errno.ENOSPC, "No space left on device"))
    denied = explain(PermissionError(errno.EACCES, "Permission denied", "/checkout/.imagebus/lock"))
    assert full is not None
    assert denied is not None
    assert full.message == "The output cannot be written: No space left on device."
    assert denied.message == "/checkout/.imagebus/lock: Permission denied."
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(FileNotFoundError) as raised:
        Path.cwd()
    gone = explain(raised.value)
    assert gone is not None
    assert gone.message == "The working directory is gone."


def test_an_output_that_lacks_a_character_of_a_key_shows_it_escaped(tmp_path: Path):
    (tmp_path / "é🌅.yml").write_text("recipes: []", encoding="utf-8")
    command = ("recipe", "check", str(tmp_path / "é🌅.yml"))
    told = run(*command, PYTHONIOENCODING="ascii")
    assert (told.returncode, "\\xe9\\U0001f305.yml" in told.stdout) == (1, True), told.stdout + told.stderr
    assert json.loads(run(*command, "--json", PYTHONIOENCODING="ascii").stdout)["file"] == command[-1]
