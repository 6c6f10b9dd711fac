"""The page on slow, lost and returning connections, with many images, and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.e2e.browser.pages import Page
from tests.integration.page.stub import Stub


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


# --- uploads


def test_on_a_slow_connection_no_form_expires_and_nothing_is_lost(page: Page, stub: Stub, tmp_path: Path):
    """Forty files at 100 kB/s last longer than a form; each gets its own just before it is sent."""
    stub.lifetime = 3
    page.open()
    with network(page, kilobytes=100):
        page.choose_files(*photos(tmp_path, 40, 12_000))
        page.wait(lambda: len(stub.stored) == 40, "all are stored", within=60)
    assert set(stub.stored.values()) == {1}
    assert stub.most_at_once <= 3
    page.wait(lambda: uploads(page) == "40 of 40 uploaded", "the tray says so")


def test_an_expired_form_is_renewed(page: Page, stub: Stub, tmp_path: Path):
    """It expires while the file is sent; then files are sent one by one, which is faster for each."""
    stub.lifetime = 1.2
    page.open()
    with network(page, kilobytes=100):
        page.choose_files(*photos(tmp_path, 3, 60_000))
        page.wait(lambda: len(stub.stored) == 3, "all are stored", within=30)
    assert len(stub.forms) > 3
    assert set(stub.stored.values()) == {1}


def test_what_s3_refuses_for_a_while_is_tried_again(page: Page, stub: Stub, tmp_path: Path):
    stub.refuse = 2
    page.open()
    page.choose_files(*photos(tmp_path, 2, 1000))
    page.wait(lambda: len(stub.stored) == 2, "both are stored", within=20)


def test_offline_uploads_wait_and_go_on_when_the_network_is_back(page: Page, stub: Stub, tmp_path: Path):
    page.open()
    page.wait(lambda: page.text("#connection") == "Live", "the list")
    with network(page, offline=True):
        page.choose_files(*photos(tmp_path, 3, 1000))
        page.wait(lambda: "waiting for the network" in page.text("#uploads"), "they wait")
    page.wait(lambda: len(stub.stored) == 3, "all are stored", within=20)


def test_after_a_reload_the_rest_is_uploaded_and_nothing_twice(page: Page, stub: Stub, tmp_path: Path):
    page.open()
    with network(page, kilobytes=40):
        page.choose_files(*photos(tmp_path, 6, 20_000))
        page.wait(lambda: len(stub.stored) >= 2, "some are stored", within=30)
        page.driver.execute_script("window.onbeforeunload = null; Queue.pause(true)")
        page.driver.refresh()
    page.wait(lambda: len({key.split("/")[-1] for key in stub.stored}) == 6, "all are stored", within=30)
    assert len(stub.stored) == 6


def test_uploads_are_paused_resumed_and_cancelled(page: Page, stub: Stub, tmp_path: Path):
    page.open()
    with network(page, kilobytes=20):
        page.choose_files(*photos(tmp_path, 4, 30_000))
        page.wait(lambda: "uploading" in page.text("#uploads"), "one is being sent")
        page.find("#pause").click()
        page.wait(lambda: "paused" in page.text("#uploads"), "all stand still")
        assert not stub.stored
        page.find('[aria-label="Cancel photo-00.jpg"]').click()
    page.find("#pause").click()
    page.wait(lambda: len(stub.stored) == 3, "the others are stored", within=20)
    assert not any(key.endswith("photo-00.jpg") for key in stub.stored)


def hold(page: Page, name: str) -> None:
    """Let calls of `Api[name]` wait until `release()`; `asked` counts them, `sends` the transfers."""
    page.driver.execute_script(
        "const call = Api[arguments[0]]; const gate = new Promise((resolve) => (window.release = resolve));"
        "window.asked = 0; window.sends = 0; const send = XMLHttpRequest.prototype.send;"
        "XMLHttpRequest.prototype.send = function (body) { sends += 1; return send.call(this, body); };"
        "Api[arguments[0]] = async (value) => { asked += 1; await gate; return call(value); };",
        name,
    )


def test_pausing_while_a_form_is_asked_for_sends_nothing_twice(page: Page, stub: Stub, tmp_path: Path):
    page.open()
    hold(page, "tickets")
    page.choose_files(*photos(tmp_path, 1, 1000))
    page.wait(lambda: page.driver.execute_script("return asked") == 1, "a form is asked for")
    page.driver.execute_script("Queue.pause(true); Queue.pause(false)")
    page.wait(lambda: page.driver.execute_script("return asked") == 2, "another one")
    page.driver.execute_script("release()")
    page.wait(lambda: uploads(page) == "1 of 1 uploaded", "it is uploaded")
    assert page.driver.execute_script("return sends") == 1
    assert list(stub.stored.values()) == [1]


def test_a_cancelled_upload_does_not_come_back(page: Page, stub: Stub, tmp_path: Path):
    """Neither when the answer arrives that S3 has it already."""
    page.open()
    page.driver.execute_script("Api.exists = async () => true")
    hold(page, "exists")
    page.driver.execute_script("Queue.pause(true)")
    page.choose_files(*photos(tmp_path, 1, 1000))
    page.wait(lambda: page.find_all("#uploads li"), "its row")
    page.driver.execute_script("Queue.all()[0].key = 'uploads/before.jpg'; Queue.pause(false)")
    page.wait(lambda: page.driver.execute_script("return asked") == 1, "S3 is asked")
    page.find('[aria-label="Cancel photo-00.jpg"]').click()
    page.driver.execute_async_script("release(); setTimeout(arguments[0])")
    assert page.find_all("#uploads li") == []


def test_what_would_be_refused_is_named_and_not_sent(page: Page, stub: Stub, tmp_path: Path):
    (good,) = photos(tmp_path, 1, 1000)
    large, text, empty = (tmp_path / name for name in ("large.jpg", "notes.txt", "empty.png"))
    large.write_bytes(bytes(2_000_001))
    text.write_text("no image")
    empty.write_bytes(b"")
    page.open()
    page.choose_files(large, text, empty, good)
    page.wait(lambda: len(stub.stored) == 1, "the good one is stored")
    skipped = page.text("#skipped")
    assert skipped.startswith(
        "3 skipped: large.jpg (larger than 2.0 MB), notes.txt (not an accepted image type)"
    )
    assert list(stub.forms) == list(stub.stored)


def test_an_unreadable_file_of_a_dropped_folder_costs_the_others_nothing(page: Page, stub: Stub):
    page.open()
    page.driver.execute_script(
        "const file = (name, give) => ({ isFile: true, name, file: give });"
        "const lost = file('lost.jpg', (_, no) => no(new DOMException('gone', 'NotFoundError')));"
        "const good = file('good.jpg', (yes) => yes(new File(['x'], 'good.jpg', { type: 'image/jpeg' })));"
        "const parts = [[lost, good], []];"
        "const folder = { isDirectory: true, name: 'folder',"
        " createReader: () => ({ readEntries: (yes) => yes(parts.shift()) }) };"
        "const items = [{ webkitGetAsEntry: () => folder }];"
        "const drop = Object.assign(new Event('drop'), { dataTransfer: { types: ['Files'], items } });"
        "document.dispatchEvent(drop);"
    )
    page.wait(lambda: [key.split("/")[-1] for key in stub.stored] == ["good.jpg"], "the other is stored")
    assert page.text("#skipped") == "1 skipped: lost.jpg (cannot be read)"


def test_the_tray_does_not_push_the_gallery_down(page: Page, stub: Stub, tmp_path: Path):
    stub.add(30)
    page.open()
    page.wait(lambda: len(tiles(page)) == 30, "the gallery")
    where = "return document.querySelector('#gallery').getBoundingClientRect().top"
    before = page.driver.execute_script(where)
    page.choose_files(*photos(tmp_path, 20, 1000))
    page.wait(lambda: len(stub.stored) == 20, "stored")
    assert page.driver.execute_script(where) == before


# --- the gallery


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


# --- one image


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
