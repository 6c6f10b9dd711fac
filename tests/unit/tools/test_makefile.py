"""What `make` does with an environment that is damaged, and with its variables."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with an environment that is complete."""
    for name in ("Makefile", "requirements-uv.lock", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("tools/hatch_build.py", "services/x", ".venv/bin/x"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    for name in (".made", ".locked", ".installed"):
        (tmp_path / ".venv" / name).touch()
    return tmp_path


def plan(checkout: Path, *arguments: str) -> str:
    """The commands that make would run."""
    command = ["make", "--dry-run", *arguments]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True).stdout


def test_a_complete_environment_is_left_alone(checkout: Path) -> None:
    assert "creating the virtual environment" not in plan(checkout, "setup")


def test_an_environment_without_its_interpreter_is_created_again(checkout: Path) -> None:
    """As after an upgrade of the system. It said "ready", and every command then ended with 127."""
    (checkout / ".venv/bin/python").unlink()
    (checkout / ".venv/bin/python").symlink_to("/usr/bin/python3.0")
    assert "creating the virtual environment" in plan(checkout, "setup")


@pytest.mark.parametrize("own", [True, False])
def test_pip_installs_what_uv_cannot_and_does_not_resolve_the_lock_again(checkout: Path, own: bool) -> None:
    """It refuses hashes beside a range that a package asks for with an extra: aws-sam-cli does.

    Without ensurepip the environment has no pip of its own.
    """
    log = 'echo "$@" >>calls'
    here = log if own else 'case "$*" in *pip*) exit 1; esac'
    for name, script in {".venv/bin/uv": "exit 1", ".venv/bin/python": here, "python": log}.items():
        (checkout / name).unlink(missing_ok=True)
        (checkout / name).write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
        (checkout / name).chmod(0o755)
    for name in (".locked", ".installed"):
        (checkout / ".venv" / name).unlink()
    subprocess.run(["make", "setup", "PYTHON=./python"], cwd=checkout, capture_output=True, check=True)
    calls = (checkout / "calls").read_text(encoding="utf-8").splitlines()
    begin = f"-m pip {'' if own else '--python .venv/bin/python '}install "
    lock, project = (set(line.split()) for line in calls if line.startswith(begin))
    assert {"--no-deps", "--require-hashes", "requirements.lock"} <= lock
    assert {"--no-deps", "--no-build-isolation", "--no-index", "--editable"} <= project


def test_the_local_stack_takes_a_port_and_parameters(checkout: Path) -> None:
    shown = plan(checkout, "up", "PORT=4570", "PARAMETERS=CorsOrigins=* Polling=drained")
    assert '--port 4570 --parameter "CorsOrigins=*" --parameter "Polling=drained"' in shown


def test_a_rollback_without_an_earlier_release_says_what_to_name(checkout: Path) -> None:
    done = subprocess.run(["make", "rollback"], cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    first = done.stderr.splitlines()[0]
    assert (
        first == "There is no release tag before this commit. Name a tag or commit: make rollback TO=v1.2.3"
    )


def test_the_help_lists_every_documented_target_under_a_heading(checkout: Path) -> None:
    shown = subprocess.run(["make"], cwd=checkout, capture_output=True, text=True, check=True).stdout
    documented = re.findall(r"^([a-z][a-z-]*):.*## ", (checkout / "Makefile").read_text(), re.MULTILINE)
    assert re.findall(r"^  make ([a-z-]+) +\S", shown, re.MULTILINE) == documented
    assert shown.index("\non this computer\n") < shown.index("make demo") < shown.index("\non AWS\n")
