"""The page's gallery: many images, changes, search, selection."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.e2e.browser.pages import Page
from tests.integration.page.steps import network, photos, tiles
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


def test_search_filter_and_sort(page: Page, stub: Stub):
    stub.add(3, "cat", _labels=("Cat",))
    stub.add(3, "dog", status="rejected", reason="too_many_pixels")
    page.open()
    page.wait(lambda: len(tiles(page)) == 6, "all")
    page.wait(lambda: "Too many pixels" in page.text("#gallery"), "why they were rejected")
    page.find("#prefix").send_keys("uploads/dog")
    page.wait(lambda: [each[:3] for each in tiles(page)] == ["dog"] * 3, "those below the prefix")
    page.find("#prefix").clear()
    page.find("#label").send_keys(" Cat")
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


def test_hundreds_of_tiles_do_not_stand_between_a_selection_and_its_deletion(page: Page, stub: Stub):
    stub.add(60)
    page.open()
    page.wait(lambda: len(tiles(page)) == 60, "the images")
    for box in page.find_all("#gallery .check")[3:5]:
        box.send_keys(Keys.SPACE)
    page.press(Keys.ESCAPE)
    assert not page.find("#selection").is_displayed()
    for box in page.find_all("#gallery .check")[3:5]:
        box.send_keys(Keys.SPACE)
    page.press(Keys.DELETE)
    assert page.text("#confirm-text") == "Delete 2 images?"
    page.press(Keys.TAB)
    page.press(Keys.ENTER)
    page.wait(lambda: len(stub.images) == 58, "deleted")
    page.wait(lambda: "photo-054.jpg" in page.focused(), "the focus is where they were", within=10)


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


def test_the_gallery_outlives_an_answer_that_is_none(page: Page, stub: Stub):
    stub.add(1)
    page.open()
    page.wait(lambda: len(tiles(page)) == 1, "the image")
    for odd in ("cut", "portal"):
        stub.odd["GET /images"] = odd
        page.driver.execute_script("Changes.poll()")
        page.wait(lambda: page.text("#connection") != "Live", f"it says so: {odd}", within=5)
        page.driver.execute_script("Changes.poll()")
        page.wait(lambda: page.text("#connection") == "Live", "it goes on")


def test_a_deleted_image_does_not_come_back_while_the_list_is_behind(page: Page, stub: Stub):
    stub.add(3)
    page.open()
    page.wait(lambda: len(tiles(page)) == 3, "the images")
    stub.listed = dict(stub.images)
    page.find("#gallery .check").click()
    page.find("#delete-selected").click()
    page.find("#confirm-yes").click()
    page.wait(lambda: len(tiles(page)) == 2, "its tile is gone")
    asked = len(stub.requests)
    page.driver.execute_script("Changes.poll()")
    page.wait(lambda: len(stub.requests) > asked, "another list")
    page.wait(lambda: not page.find("#selection").is_displayed(), "done")
    assert len(tiles(page)) == 2


def test_what_somebody_else_has_deleted_counts_as_deleted(page: Page, stub: Stub):
    stub.add(2)
    page.open()
    page.wait(lambda: len(tiles(page)) == 2, "the images")
    page.find("#gallery .check").click()
    stub.images.popitem()
    page.find("#delete-selected").click()
    page.find("#confirm-yes").click()
    page.wait(lambda: page.text("#announcement") == "Deleted", "it is gone")
    assert len(tiles(page)) == 1


def test_a_late_answer_does_not_undo_a_newer_one(page: Page, stub: Stub):
    stub.add(1)
    page.open()
    page.wait(lambda: len(tiles(page)) == 1, "the image")
    page.driver.execute_script(
        "const list = Api.list; let first = true;"
        "const gate = new Promise((resolve) => (window.release = resolve));"
        "Api.list = async (wanted) => { const answer = await list({ ...wanted, etag: null });"
        " if (first) { first = false; window.held = true; await gate; } return answer; };"
        "Feed.refresh().then(() => (window.late = true));"
    )
    page.wait(lambda: page.driver.execute_script("return window.held"), "an answer that is held back")
    stub.add(1)
    page.driver.execute_script("Feed.refresh()")
    page.wait(lambda: len(tiles(page)) == 2, "the new image")
    page.driver.execute_script("release()")
    page.wait(lambda: page.driver.execute_script("return window.late"), "the late answer")
    assert len(tiles(page)) == 2


def test_a_key_that_is_forgotten_takes_the_images_along(page: Page, stub: Stub):
    stub.add(2)
    page.open()
    page.wait(lambda: len(tiles(page)) == 2, "the images")
    page.find("#change-key").click()
    page.find("#forget-key").click()
    assert tiles(page) == []
    assert page.find("#key").get_attribute("open") is not None
    page.give_key(stub.key)
    page.wait(lambda: len(tiles(page)) == 2, "the images again")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_tray_and_the_selection_do_not_cover_each_other(
    page: Page, stub: Stub, tmp_path: Path, width: int
):
    stub.add(12)
    page.emulate(width=width, height=844, mobile=width < 500)
    try:
        page.open()
        page.wait(lambda: len(tiles(page)) == 12, "the images")
        page.driver.execute_script("Queue.pause(true)")
        page.choose_files(*photos(tmp_path, 12, 1000))
        page.driver.execute_script("document.querySelector('#gallery .check').click()")
        for button in ("#delete-selected", "#clear-selected", "#pause", "#fold"):
            hit = "const box = arguments[0].getBoundingClientRect(); return document.elementFromPoint("
            hit += "box.x + box.width / 2, box.y + box.height / 2) === arguments[0]"
            assert page.driver.execute_script(hit, page.find(button)), button
        assert not page.overflows()
        assert page.accessibility() == []
    finally:
        page.emulate()


def test_a_phone_says_what_is_wrong(page: Page, stub: Stub):
    page.emulate(width=390, height=844, mobile=True)
    try:
        page.open()
        with network(page, offline=True):
            page.driver.execute_script("Changes.poll()")
            page.wait(lambda: page.find("#connection").is_displayed(), "the trouble")
            assert "cannot be reached" in page.text("#connection")
    finally:
        page.emulate()


def test_the_outline_of_a_tile_is_not_cut_off(page: Page, stub: Stub):
    stub.add(3)
    page.open()
    page.wait(lambda: len(tiles(page)) == 3, "the images")
    page.find("#prefix").click()
    for _ in range(6):
        page.press(Keys.TAB)
        if "photo" in page.focused():
            break
    room = page.driver.execute_script(
        "const tile = document.activeElement; const style = getComputedStyle(tile);"
        "const [inner, outer] = [tile, tile.parentNode].map((each) => each.getBoundingClientRect());"
        "return inner.x - outer.x - parseFloat(style.outlineWidth) - parseFloat(style.outlineOffset)"
    )
    assert room >= 0


def test_a_search_that_takes_long_says_so(page: Page, stub: Stub):
    stub.add(60, "new")
    page.open()
    page.wait(lambda: tiles(page), "the images")
    page.driver.execute_script(
        "Api.list = async ({ cursor = '0' }) =>"
        " ({ etag: cursor, body: { items: [], cursor: `${Number(cursor) + 1}` } });"
    )
    page.find("#prefix").send_keys("old")
    page.wait(lambda: page.text("#empty") == "Looking further back …", "it says so")
