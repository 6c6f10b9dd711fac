"""The page's live.js, by Node's own test runner."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def test_live_connects_reports_and_comes_back() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js 20 or newer")
    script = Path(__file__).with_name("live.test.mjs")
    done = subprocess.run([node, "--test", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
