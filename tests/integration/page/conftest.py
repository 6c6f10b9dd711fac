"""The page in a browser, before an API with canned images."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from selenium.webdriver import Chrome

from tests.e2e.browser.conftest import axe, browser, forget
from tests.e2e.browser.pages import Page
from tests.integration.page.stub import KEY, Stub, serving

__all__ = ["axe", "browser"]


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving() as stub:
        yield stub


@pytest.fixture
def page(browser: Chrome, stub: Stub, axe: str) -> Iterator[Page]:
    """The page in the browser's one tab: a new one takes a fifth of a second of the processor."""
    pipeline: Any = SimpleNamespace(target=SimpleNamespace(api_url=stub.url, api_key=KEY))
    forget(browser, stub.url)  # an earlier stub may have had the same port
    opened = Page(browser, cast(Any, pipeline), axe)
    opened.forget_console()
    yield opened
    first, *others = browser.window_handles
    for tab in others:
        browser.switch_to.window(tab)
        browser.close()
    browser.switch_to.window(first)
    browser.get("about:blank")  # or the page goes on asking
