"""What a user does and sees on the page."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.e2e.harness import Pipeline, eventually

IMPACTS = ("serious", "critical")


class Page:
    def __init__(self, driver: Chrome, pipeline: Pipeline, axe: str) -> None:
        self.driver = driver
        self.pipeline = pipeline
        self._axe = axe
        self._console: list[dict[str, Any]] = []

    def open(self, *, key: str | None = None) -> None:
        """Open the page and enter the key unless the browser has one."""
        self.driver.get(self.pipeline.target.api_url or "")
        # A violation of the policy is an event of the document as well as a console message.
        self.driver.execute_script(
            "window.violations = [];"
            "document.addEventListener('securitypolicyviolation',"
            " (e) => window.violations.push(`${e.violatedDirective} ${e.blockedURI}`))"
        )
        if self.find("#key").get_attribute("open") is not None:
            self.give_key(key or self.pipeline.target.api_key or "")

    def give_key(self, key: str) -> None:
        self.find("#key-value").send_keys(key)
        self.find("#key-form button.primary").click()

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return str(
            self.driver.execute_script(
                "return document.querySelector(arguments[0])?.innerText ?? ''", selector
            )
        )

    def wait(self, look: Callable[[], Any], what: str, within: float = 60) -> Any:
        def found() -> Any:
            try:
                return look()
            except StaleElementReferenceException:  # the page replaced it after it was found
                return None

        return eventually(found, within=within, what=what)

    def press(self, key: str) -> None:
        """Press a key, wherever the focus is."""
        ActionChains(self.driver).send_keys(key).perform()

    def focused(self) -> str:
        """The text of the focused element."""
        return str(self.driver.switch_to.active_element.text)

    def choose_files(self, *paths: Path) -> None:
        self.find("#files").send_keys("\n".join(map(str, paths)))

    def statuses(self) -> dict[str, str]:
        """The file name and status that each tile shows."""
        script = """return Object.fromEntries(Array.from(document.querySelectorAll('#gallery li'), (tile) =>
            [tile.querySelector('.name').textContent, tile.querySelector('.status').textContent]))"""
        return dict(self.driver.execute_script(script))

    def wait_for(self, within: float = 90, **expected: str) -> None:
        """Wait until tiles show these statuses; names are given without extension."""

        def look() -> bool:
            shown = {name.rsplit(".", 1)[0]: status for name, status in self.statuses().items()}
            return all(shown.get(name) == status for name, status in expected.items())

        try:
            self.wait(look, f"{expected}", within)
        except AssertionError as error:
            seen = {
                "tiles": self.statuses(),
                "uploads": self.text("#uploads"),
                "api": self.text("#connection"),
            }
            raise AssertionError(f"{error}; instead: {seen}") from error

    def open_image(self, name: str) -> None:
        script = """const tile = Array.from(document.querySelectorAll('#gallery li')).find((each) =>
            each.querySelector('.name').textContent.startsWith(arguments[0]))
            return tile ? tile.querySelector('button') : null"""
        self.wait(lambda: self.driver.execute_script(script, name), f"a tile {name}").click()
        self.wait(lambda: self.find_all("#image-body svg.timeline"), "the image's timeline")

    def allow_clipboard(self) -> None:
        """A user would be asked, if at all; a headless browser refuses."""
        origin = self.driver.execute_script("return location.origin")
        permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
        self.driver.execute_cdp_cmd(
            "Browser.grantPermissions", {"origin": origin, "permissions": permissions}
        )

    def clipboard(self) -> str:
        script = "const done = arguments[0]; navigator.clipboard.readText().then(done, (e) => done(`${e}`))"
        return str(self.driver.execute_async_script(script))

    def emulate(
        self, *, scheme: str = "light", width: int = 1280, height: int = 900, mobile: bool = False
    ) -> None:
        """Set a colour scheme and a screen size."""
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 2 if mobile else 1, "mobile": mobile},
        )

    def screenshot(self, path: Path) -> None:
        image = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(image))

    def accessibility(self) -> list[str]:
        """The serious and critical findings of axe-core, one line each."""
        # Through the debugger, which the page's policy does not restrict.
        self.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": self._axe})
        result = self.driver.execute_cdp_cmd(
            "Runtime.evaluate",
            {
                "expression": "axe.run({resultTypes: ['violations']})"
                ".then((r) => JSON.stringify(r.violations))",
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        assert "value" in result["result"], result
        violations = json.loads(result["result"]["value"])
        return [
            f"{each['impact']} {each['id']}: {[node['html'] for node in each['nodes']]}"
            for each in violations
            if each["impact"] in IMPACTS
        ]

    def overflows(self) -> bool:
        """Whether the page is wider than the screen."""
        return bool(
            self.driver.execute_script(
                "return document.documentElement.scrollWidth > document.documentElement.clientWidth"
            )
        )

    def console(self) -> list[str]:
        """Errors and warnings so far."""
        self._console += self.driver.get_log("browser")
        return [entry["message"] for entry in self._console if entry["level"] in ("SEVERE", "WARNING")]

    def forget_console(self) -> None:
        self.console()
        self._console.clear()

    def require_clean_console(self) -> None:
        assert self.driver.execute_script("return window.violations") in ([], None)
        assert self.console() == []
