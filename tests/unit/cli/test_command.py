"""The command as a user sees it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from imagebus_cli import main
from imagebus_cli.problem import Problem, explain
from imagebus_local import LocalError

runner = CliRunner()


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "imagebus_cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


@pytest.mark.parametrize("command", ["local", "demo", "latency", "deploy"])
def test_every_command_explains_itself(command: str):
    assert command in runner.invoke(main.app, ["--help"]).output
    assert runner.invoke(main.app, [command, "--help"]).exit_code == 0


def test_help_loads_no_aws_sdk_and_no_image_library():
    code = "import sys, imagebus_cli.main; print(sorted({'boto3', 'pydantic', 'PIL'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_wrong_option_is_wrong_usage():
    assert run("demo", "--nonsense").returncode == 2


def test_a_missing_folder_is_said_in_a_line_before_anything_starts(tmp_path: Path):
    done = run("demo", "--images", str(tmp_path / "nowhere"), cwd=tmp_path)
    assert done.returncode == 2
    assert "There is no folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_deploy_does_not_mistake_the_local_stack_for_an_account(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    raised = runner.invoke(main.app, ["deploy"]).exception
    assert isinstance(raised, Problem)
    assert "unset" in raised.advice


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
