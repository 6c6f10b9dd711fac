"""The page's gallery: many images, changes, search, selection."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

from tests.e2e.browser.pages import Page
from tests.integration.page.steps import tiles
from tests.integration.page.stub import Stub


def test_five_hundred_images_are_reached_by_scrolling(page: Page, stub: Stub):
    stub.add(500)
    page.open()

    def scrolled() -> bool:
        page.driver.execute_script("scrollTo(0, document.body.scrollHeight)")
        return len(tiles(page)) == 500

    page.wait(scrolled, "all of them", within=30)
    assert len(set(tiles(page))) == 500


def test_after_the_newest_were_deleted_the_others_are_shown(page: Page, stub: Stub):
    stub.add(20, "old")
    stub.add(100, "deleted", status="deleted")
    page.open()
    page.wait(lambda: len(tiles(page)) == 20, "the older ones")
    assert not page.find("#empty").is_displayed()


def test_new_images_push_none_out(page: Page, stub: Stub):
    stub.add(60, "old")
    page.open()
    page.wait(lambda: len(tiles(page)) == 60, "the first ones")
    stub.add(200, "new")
    page.driver.execute_script("Changes.poll()")
    page.wait(lambda: len(tiles(page)) >= 260, "the new ones, without a gap")
    assert len(set(tiles(page))) == 260


def test_an_image_that_is_gone_leaves_the_gallery(page: Page, stub: Stub):
    stub.add(5)
    page.open()
    page.wait(lambda: len(tiles(page)) == 5, "the images")
    del stub.images["uploads/photo-002.jpg"]
    page.driver.execute_script("Changes.poll()")
    page.wait(lambda: "photo-002.jpg" not in tiles(page), "it is gone")


def test_what_a_live_connection_reports_is_shown_without_polling(page: Page, stub: Stub):
    stub.add(3, status="processing")
    page.open()
    page.wait(lambda: len(tiles(page)) == 3, "the images")
    key = "uploads/photo-001.jpg"
    stub.listed = dict(stub.images)  # a list is a moment behind, and does not take it back
    stub.images[key] = stub.images[key] | {"status": "completed", "updated_at": "2026-11-02T00:00:00.000Z"}
    page.driver.execute_script("Changes.connect(true); Changes.report(new Set([arguments[0]]))", key)
    page.wait(lambda: page.statuses()["photo-001.jpg"] == "Completed", "its new state")
    polls = len(stub.requests)
    page.driver.execute_script("Changes.poll()")
    page.wait(lambda: "/images?limit=48&urls=true" in stub.requests[polls:], "another list")
    assert page.statuses()["photo-001.jpg"] == "Completed"


def test_search_filter_and_sort(page: Page, stub: Stub):
    stub.add(3, "cat", _labels=("Cat",))
    stub.add(3, "dog", status="rejected", reason="too_many_pixels")
    page.open()
    page.wait(lambda: len(tiles(page)) == 6, "all")
    page.wait(lambda: "Too many pixels" in page.text("#gallery"), "why they were rejected")
    page.find("#prefix").send_keys("uploads/dog")
    page.wait(lambda: [each[:3] for each in tiles(page)] == ["dog"] * 3, "those below the prefix")
    page.find("#prefix").clear()
    page.find("#label").send_keys("Cat")
    page.wait(lambda: [each[:3] for each in tiles(page)] == ["cat"] * 3, "those with the label")
    page.find("#label").send_keys("erpillar")
    page.wait(lambda: page.text("#empty") == "No image matches.", "none")
    page.driver.execute_script("document.querySelector('#label').value = ''; Gallery.restart()")
    page.wait(lambda: len(tiles(page)) == 6, "all again")
    page.find("#sort").send_keys("Name")
    in_order = [
        f"{each}-00{number}.jpg"
        for each, first in (("cat", 0), ("dog", 3))
        for number in range(first, first + 3)
    ]
    page.wait(lambda: tiles(page) == in_order, "by name")


def test_several_images_are_deleted_after_a_question_that_counts_them(page: Page, stub: Stub):
    stub.add(6)
    page.open()
    page.wait(lambda: len(tiles(page)) == 6, "the images")
    boxes = page.find_all("#gallery .check")
    boxes[0].click()
    script = "arguments[0].dispatchEvent(new MouseEvent('click', {shiftKey: true, bubbles: true}))"
    page.driver.execute_script(script, boxes[3])
    page.wait(lambda: page.text("#selected") == "4 selected", "a range")
    page.find("#delete-selected").click()
    assert page.text("#confirm-text") == "Delete 4 images?"
    page.find("#confirm-no").click()
    assert len(stub.images) == 6
    page.find("#delete-selected").click()
    page.find("#confirm-yes").click()
    page.wait(lambda: len(stub.images) == 2, "they are deleted")
    page.wait(lambda: len(tiles(page)) == 2, "their tiles are gone")


def test_everything_is_reached_by_keyboard_alone(page: Page, stub: Stub):
    stub.add(3)
    page.open()
    page.wait(lambda: len(tiles(page)) == 3, "the images")

    def tab_to(selector: str) -> None:
        for _ in range(40):
            page.press(Keys.TAB)
            found = "return document.activeElement.matches(arguments[0])"
            if page.driver.execute_script(found, selector):
                return
        pytest.fail(f"{selector} is not reached")

    tab_to("#folder")
    tab_to("#prefix")
    tab_to("#gallery .check")
    page.press(Keys.SPACE)
    page.wait(lambda: page.text("#selected") == "1 selected", "selected")
    tab_to("#delete-selected")
    page.press(Keys.ENTER)
    tab_to("#confirm-yes")
    page.press(Keys.ENTER)
    page.wait(lambda: len(stub.images) == 2, "deleted")
    assert page.accessibility() == []
