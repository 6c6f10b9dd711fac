"""`make catalog` with the real package and a real browser, which take long: IMAGEBUS_CATALOG=1 runs this."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from imagebus.events.catalog import CATALOG
from tools import ROOT, catalog

pytestmark = pytest.mark.skipif(
    not os.environ.get("IMAGEBUS_CATALOG"), reason="needs the npm registry: set IMAGEBUS_CATALOG=1"
)


def test_a_browser_without_network_shows_every_event(tmp_path: Path) -> None:
    browser = shutil.which("chromium") or pytest.skip("no chromium on this computer")
    made = catalog.build(ROOT, tmp_path)
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [browser, *flags, profile, "--virtual-time-budget=20000", "--dump-dom", made.as_uri()],
        capture_output=True,
        text=True,
        check=True,
    )
    titles = set(re.findall(r">(\w+), version \d+<", done.stdout))
    assert titles == {model.detail_type for model in CATALOG}
