"""One image on the page, and its neighbours."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

from tests.e2e.browser.pages import Page
from tests.integration.page.steps import tiles
from tests.integration.page.stub import Stub


def test_the_arrow_keys_lead_to_the_neighbours_and_escape_back(page: Page, stub: Stub):
    stub.add(60)
    page.open()
    page.wait(lambda: len(tiles(page)) >= 48, "the images")
    page.find("#gallery .tile").click()
    page.wait(lambda: page.text("#image-title") == "photo-059.jpg", "the newest")
    page.wait(lambda: page.find_all("#picture"), "its picture")
    page.press(Keys.ARROW_RIGHT)
    page.wait(lambda: page.text("#image-title") == "photo-058.jpg", "the next one")
    page.press(Keys.ARROW_LEFT)
    page.wait(lambda: page.text("#image-title") == "photo-059.jpg", "back")
    assert not page.find("#previous").is_enabled()
    page.press(Keys.ESCAPE)
    page.wait(lambda: page.find("#image").get_attribute("open") is None, "closed")
    assert "photo-059.jpg" in page.focused()


def test_the_picture_comes_first_and_the_rest_is_in_tabs(page: Page, stub: Stub):
    stub.add(1)
    page.open()
    page.wait(lambda: tiles(page), "the image")
    page.find("#gallery .tile").click()
    page.wait(lambda: page.find_all("#picture"), "its picture")
    assert page.find("#panel-overview").is_displayed()
    assert not page.find("#panel-events").is_displayed()
    page.find("#tab-events").click()
    assert page.find("#panel-events svg.timeline").is_displayed()
    page.press(Keys.ARROW_RIGHT)  # on a tab: to the next tab
    assert page.find("#panel-metadata").is_displayed()
    assert page.accessibility() == []


def test_an_open_image_gets_new_addresses_when_its_old_ones_have_expired(page: Page, stub: Stub):
    stub.add(1)
    stub.addresses = 1
    page.open()
    page.wait(lambda: tiles(page), "the image")
    page.find("#gallery .tile").click()
    page.wait(lambda: page.find_all("#picture"), "its picture")
    source = "return document.querySelector('#picture')?.src"  # it is drawn again and again
    first = page.driver.execute_script(source)
    page.driver.execute_script(
        "const now = Date.now; Date.now = () => now() + 241000; Lightbox.changed(new Set([arguments[0]]))",
        "uploads/photo-000.jpg",
    )
    page.wait(lambda: page.driver.execute_script(source) not in (None, first), "another address")


@pytest.mark.parametrize("hash_", ["%E0%A4%A", "%", "", "nothing-there.jpg"])
def test_an_address_that_names_no_image_says_so(page: Page, stub: Stub, hash_: str):
    page.open()
    page.wait(lambda: page.text("#connection") == "Live", "the list")
    page.driver.execute_script("location.hash = '#image=' + arguments[0]", hash_)
    expected = "no such image" if hash_ == "nothing-there.jpg" else "names no image"
    page.wait(lambda: expected in page.text("#image-body"), "it says so")
    page.press(Keys.ESCAPE)
    page.wait(lambda: page.find("#image").get_attribute("open") is None, "closed")
    severe = [line for line in page.console() if "404" not in line]
    assert severe == []
