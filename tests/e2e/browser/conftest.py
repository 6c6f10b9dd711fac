"""A real browser with the real page, served by the stack of the end-to-end tests."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from tests.e2e.browser.pages import Page
from tests.e2e.harness import Pipeline
from tests.node import node_with

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
    # All tabs share one process, which stays warm: a quarter less work than a new one for every page.
    "--process-per-site",
    "--disable-site-isolation-trials",
    "--disable-features=SpareRendererForSitePerProcess,BackForwardCache",
    "--force-prefers-reduced-motion",  # nothing is drawn that no test looks at
)


def _executable(*names: str) -> str:
    """The first one that is installed. Without a browser these tests are skipped."""
    for name in names:
        if found := shutil.which(name):
            return found
    pytest.skip(f"no {names[0]} on this computer (on Debian: apt-get install chromium chromium-driver)")


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility rules as a script; installed from the lock beside this file."""
    packages = node_with(HERE).packages / "node_modules"
    return (packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = _executable("chromium", "chromium-browser", "google-chrome")
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, Service(_executable("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def fresh_tab(browser: Chrome, origin: str) -> None:
    """A new tab of a browser that has stored nothing."""
    before = browser.current_window_handle
    browser.switch_to.new_window("tab")
    tab = browser.current_window_handle
    browser.switch_to.window(before)
    browser.close()
    browser.switch_to.window(tab)
    forget(browser, origin)


def forget(browser: Chrome, origin: str) -> None:
    """As if this browser had never been there."""
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
    browser.set_window_size(1280, 900)


@pytest.fixture
def page(browser: Chrome, pipeline: Pipeline, axe: str) -> Iterator[Page]:
    """The page in a new tab. At the end its console must be clean."""
    fresh_tab(browser, pipeline.target.api_url or "")
    opened = Page(browser, pipeline, axe)
    opened.forget_console()
    yield opened
    opened.require_clean_console()


@pytest.fixture(scope="session", autouse=True)
def _warm(pipeline: Pipeline) -> None:
    with urllib.request.urlopen(f"{pipeline.target.api_url}health") as response:
        assert json.load(response) == {"status": "ok"}
