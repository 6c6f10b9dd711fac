"""A real browser with the real page, served by the stack of the end-to-end tests."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from tests.e2e.browser.pages import Page
from tests.e2e.harness import Pipeline

HERE = Path(__file__).parent

#: The browser stays offline except for the page under test.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)


def _executable(*names: str) -> str:
    """The first one that is installed. Without a browser these tests are skipped."""
    for name in names:
        if found := shutil.which(name):
            return found
    pytest.skip(f"no {names[0]} on this computer (on Debian: apt-get install chromium chromium-driver)")


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility rules as a script; installed from the lock beside this file if missing."""
    script = HERE / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        npm = _executable("npm")
        subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, check=True)
    return script.read_text(encoding="utf-8")


@pytest.fixture
def page(pipeline: Pipeline, axe: str, tmp_path: Path) -> Iterator[Page]:
    """The page in a fresh browser. At the end its console must be clean."""
    options = ChromeOptions()
    options.binary_location = _executable("chromium", "chromium-browser", "google-chrome")
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, Service(_executable("chromedriver")))
    try:
        driver.set_window_size(1280, 900)
        opened = Page(driver, pipeline, axe)
        yield opened
        opened.require_clean_console()
    finally:
        driver.quit()


@pytest.fixture(scope="session", autouse=True)
def _warm(pipeline: Pipeline) -> None:
    with urllib.request.urlopen(f"{pipeline.target.api_url}health") as response:
        assert json.load(response) == {"status": "ok"}
