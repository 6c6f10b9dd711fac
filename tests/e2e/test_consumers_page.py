"""docs/consumers.md: from nothing to an event, by exactly the commands of the page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.consumers import sam
from tests.e2e.harness import Pipeline

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "consumers.md").read_text(encoding="utf-8")


def commands(heading: str) -> list[str]:
    """The lines that the section tells the reader to type."""
    section = re.split(rf"^### {heading}$", PAGE, flags=re.MULTILINE)[1]
    block = re.split(r"^```(?:console)?$", section, flags=re.MULTILINE)[1]
    return re.findall(r"^\$ (.+)$", block, re.MULTILINE)


@pytest.mark.embedded("the page is about the local stack")
@pytest.mark.parametrize(("heading", "name"), [("TypeScript", "hello-ts"), ("Python", "hello-py")])
def test_a_newcomer_sees_an_event_after_the_commands_of_the_page(
    pipeline: Pipeline, heading: str, name: str
) -> None:
    if heading == "TypeScript" and not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("Node.js with npm is not installed")
    typed, folder = commands(heading), ROOT / name
    assert len(typed) <= 6, typed
    assert not folder.exists(), f"remove {folder}, which a reader of the page made"
    hidden = ("AWS_", "MAKE")  # of this process; a reader has neither
    environment = {each: value for each, value in os.environ.items() if not each.startswith(hidden)}
    try:
        done = subprocess.run(
            ["sh", "-ec", "\n".join(typed)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        received = rf'"service":"{name}".*"event":"ImageProcessed","event_id":"'
        assert re.search(received, done.stdout), done.stdout
    finally:
        if folder.exists():
            stack = ("--stack-name", f"imagebus-{name}", "--region", pipeline.target.region)
            sam(pipeline, folder, "delete", *stack, "--no-prompts")
            shutil.rmtree(folder)
