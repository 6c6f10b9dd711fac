"""The API is what its document says, for whatever a client may send."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from api.openapi import document
from api.parts import KEY_PARAMETER
from tests.integration.api.conftest import World
from tests.integration.api.served import KEY, served


@pytest.mark.slow
def test_schemathesis_finds_nothing(world: World, tmp_path: Path) -> None:
    """All checks and phases, on the document that the API itself serves."""
    world.completed(KEY_PARAMETER["example"])
    logging.disable()
    with served(world) as url:
        command = [
            str(Path(sys.executable).with_name("st")),
            "--config-file", str(Path(__file__).with_name("schemathesis.toml")),
            "run", f"{url}openapi.json", "--url", url.rstrip("/"), "--header", f"x-api-key: {KEY}",
            "--checks", "all", "--max-examples", "10", "--no-color", "--continue-on-failure",
            "--seed", "20261121",
        ]  # fmt: skip
        finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    logging.disable(logging.NOTSET)
    assert finished.returncode == 0, finished.stdout[-8000:] + finished.stderr
    described = sum(map(len, document()["paths"].values()))
    assert f"Tested: {described - 1}" in finished.stdout, "all but the document itself"
