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


def open_newest(page: Page, stub: Stub, count: int) -> None:
    stub.add(count)
    page.open()
    page.wait(lambda: len(tiles(page)) == count, "the images")
    page.find("#gallery .tile").click()
    page.wait(lambda: page.find_all("#picture"), "its picture")


def test_the_arrow_keys_still_work_after_a_button_was_used(page: Page, stub: Stub):
    open_newest(page, stub, 4)
    page.find("#copy-link").click()
    for number in (2, 1):
        page.press(Keys.ARROW_RIGHT)
        page.wait(lambda n=number: page.text("#image-title") == f"photo-00{n}.jpg", "the next", within=10)
        page.wait(lambda: page.find_all("#picture"), "its picture")
    page.find("#next").click()
    page.wait(lambda: page.text("#image-title") == "photo-000.jpg", "the last")
    page.wait(lambda: not page.find("#next").is_enabled(), "it is the last")
    page.press(Keys.ARROW_LEFT)
    page.wait(lambda: page.text("#image-title") == "photo-001.jpg", "back", within=10)


def test_closing_an_image_leaves_no_entry_in_the_history(page: Page, stub: Stub):
    page.driver.get("about:blank")
    open_newest(page, stub, 3)
    is_open = "return document.querySelector('#image').open"
    for _ in range(2):
        page.press(Keys.ARROW_RIGHT)
        page.press(Keys.ESCAPE)
        page.wait(lambda: page.driver.execute_script("return location.hash") == "", "the gallery")
        page.find("#gallery .tile").click()
        page.wait(lambda: page.driver.execute_script(is_open), "the image")
    page.driver.back()
    page.wait(lambda: not page.driver.execute_script(is_open), "back to the gallery")
    page.driver.back()
    page.wait(lambda: page.driver.current_url == "about:blank", "and to where the user came from")


def test_after_a_deletion_the_arrow_keys_lead_on(page: Page, stub: Stub):
    open_newest(page, stub, 4)
    page.press(Keys.ARROW_RIGHT)
    page.wait(lambda: page.text("#image-title") == "photo-002.jpg", "the second")
    page.wait(lambda: page.find_all("#delete"), "its buttons")
    page.find("#delete").click()
    page.find("#delete").click()
    page.wait(lambda: page.text("#image-status") == "Deleted", "deleted")
    page.press(Keys.ARROW_RIGHT)
    page.wait(lambda: page.text("#image-title") == "photo-001.jpg", "the next one", within=10)
    page.press(Keys.ARROW_LEFT)
    page.wait(lambda: page.text("#image-title") == "photo-003.jpg", "the one before", within=10)


def test_an_image_that_is_gone_when_it_is_opened_leaves_the_gallery(page: Page, stub: Stub):
    stub.add(60)
    page.open()
    page.wait(lambda: len(tiles(page)) == 60, "the images")
    del stub.images["uploads/photo-002.jpg"]  # older than what is asked for again and again
    page.driver.execute_script("App.show('uploads/photo-002.jpg')")
    page.wait(lambda: "no such image" in page.text("#image-body"), "it says so")
    assert "photo-002.jpg" not in tiles(page)


def test_an_image_without_events_is_being_processed(page: Page, stub: Stub):
    stub.add(1, status="processing", _no_events=True)
    page.open()
    page.wait(lambda: tiles(page), "the image")
    page.find("#gallery .tile").click()
    page.wait(lambda: "Being processed" in page.text("#image-body"), "it says so", within=10)
    assert not page.find_all("#image-body .problem")


def test_the_metadata_of_the_uploader_is_shown(page: Page, stub: Stub):
    stub.add(1, user_metadata={"album": "<b>Grüße</b>"})
    page.open()
    page.wait(lambda: tiles(page), "the image")
    page.find("#gallery .tile").click()
    page.wait(lambda: page.find_all("#picture"), "its picture")
    page.find("#tab-metadata").click()
    assert "x-amz-meta-album\t<b>Grüße</b>" in page.text("#panel-metadata")


def test_a_long_name_does_not_push_the_picture_away(page: Page, stub: Stub):
    stub.add(1, "w" * 240)
    page.open()
    page.wait(lambda: tiles(page), "the image")
    page.find("#gallery .tile").click()
    page.wait(lambda: page.find_all("#picture"), "its picture")
    assert page.find("#image-title").size["height"] < 100
    assert not page.overflows()
