"""The Python client that openapi-python-client makes of the document needs no edits (`make clients`)."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from moto import mock_aws

from tests.contract.checkout import ROOT
from tests.integration.api.conftest import World
from tests.integration.api.served import KEY, served

PROGRAMS = ROOT / ".python-client" / "bin"
PROGRAM = Path(__file__).with_name("program.py.txt")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with the client and a program that uses it."""
    if not PROGRAMS.is_dir():
        pytest.skip("make clients installs the generator")
    document = ROOT / "docs" / "openapi.json"
    command = ["openapi-python-client", "generate", "--path", str(document), "--meta", "none"]
    made = subprocess.run(
        [*command, "--output-path", str(tmp_path / "imagebus_client")],
        env=os.environ | {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    # Bytes are application/octet-stream to it, and nothing else: JSON with base64 and forms remain.
    skipped = [line for line in made.stderr.splitlines() if line.startswith("WARNING")]
    assert set(skipped) == {"WARNING parsing POST /upload within default."}, made.stderr
    (tmp_path / "program.py").write_text(PROGRAM.read_text("utf-8"), "utf-8")
    return tmp_path


def test_a_program_with_the_generated_client_uploads_reads_and_tells_errors_apart(package: Path) -> None:
    python = PROGRAMS / "python"
    checks = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull]
    command = [*checks, "--python-executable", str(python), "program.py"]
    checked = subprocess.run(command, cwd=package, capture_output=True, text=True, check=False)
    # client.py is the same whatever the document says, and not strict itself
    ours = [each for each in checked.stdout.splitlines() if not each.startswith("imagebus_client/client.py")]
    assert [each for each in ours if ": error:" in each] == []
    logging.disable()
    with mock_aws():
        world = World()
        world.completed("a b/ü.jpg")
        with served(world) as url:
            command = [str(python), "program.py", url.rstrip("/"), KEY, "a b/ü.jpg"]
            done = subprocess.run(command, cwd=package, capture_output=True, text=True, check=False)
    logging.disable(logging.NOTSET)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "X-Amz-Signature" in found.pop("url")
    assert found == {
        "colors": ["#008083"],
        "missing": "image_not_found",
        "refused": "too_large",
        "listed": [["a b/ü.jpg", "completed"]],
        "completed": 1,
    }
