"""What the tests of the page do and look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.browser.pages import Page


def photos(folder: Path, count: int, size: int) -> list[Path]:
    paths = [folder / f"photo-{number:02}.jpg" for number in range(count)]
    for path in paths:
        path.write_bytes(b"\xff\xd8" + bytes(size - 2))
    return paths


@contextmanager
def network(page: Page, *, offline: bool = False, kilobytes: float = -1) -> Iterator[None]:
    """`kilobytes` a second, up; the browser counts all connections together."""
    command = "Network.emulateNetworkConditions"
    rate = kilobytes * 1000 if kilobytes > 0 else -1
    speed = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": rate}
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd(command, {"offline": offline, **speed})
    try:
        yield
    finally:
        back = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        page.driver.execute_cdp_cmd(command, back)


def tiles(page: Page) -> list[str]:
    script = "return Array.from(document.querySelectorAll('#gallery .name'), (each) => each.textContent)"
    return list(page.driver.execute_script(script))


def uploads(page: Page) -> str:
    return page.text("#tray-title")
