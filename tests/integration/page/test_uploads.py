"""Uploads from the page on slow, lost and returning connections, and from several tabs."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver import ActionChains

from tests.e2e.browser.pages import Page
from tests.integration.page.steps import network, photos, tiles, uploads
from tests.integration.page.stub import Stub


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


def test_many_uploads_do_not_ask_for_the_list_after_each(page: Page, stub: Stub, tmp_path: Path):
    page.open()
    page.choose_files(*photos(tmp_path, 60, 1000))
    page.wait(lambda: uploads(page) == "60 of 60 uploaded", "all are stored")
    assert len(stub.requests) < 60


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


def test_an_answer_that_breaks_off_or_comes_from_elsewhere_is_asked_for_again(
    page: Page, stub: Stub, tmp_path: Path
):
    page.open()
    for number, odd in enumerate(("cut", "portal"), 1):
        stub.odd["POST /images"] = odd
        page.choose_files(*photos(tmp_path, 1, 1000))
        page.wait(lambda: "trying again" in page.text("#uploads"), f"it waits after {odd}", within=10)
        page.driver.execute_script("dispatchEvent(new Event('online'))")  # or it waits for five seconds
        page.wait(lambda count=number: len(stub.stored) == count, f"stored in spite of {odd}", within=20)


def test_a_file_that_was_deleted_meanwhile_is_named_at_once(page: Page, stub: Stub, tmp_path: Path):
    page.open()
    page.driver.execute_script("Queue.pause(true)")
    lost, _ = paths = photos(tmp_path, 2, 1000)
    page.choose_files(*paths)
    page.wait(lambda: "paused" in page.text("#uploads"), "they wait")
    lost.unlink()
    page.driver.execute_script("Queue.pause(false)")
    page.wait(lambda: uploads(page) == "1 of 2 uploaded, 1 failed", "the other one is stored", within=10)
    assert "changed, moved or deleted" in page.text("#uploads")


@pytest.mark.parametrize("width", [1280, 390])
def test_of_a_failed_upload_one_can_read_the_name(page: Page, stub: Stub, tmp_path: Path, width: int):
    stub.refuses = True
    page.emulate(width=width, height=844, mobile=width < 500)
    try:
        page.open()
        page.choose_files(*photos(tmp_path, 1, 1000))
        page.wait(lambda: "S3 refused the upload (400)" in page.text("#uploads"), "it failed")
        name = page.find("#uploads .name")
        cut = "return arguments[0].scrollWidth > arguments[0].clientWidth"
        assert not page.driver.execute_script(cut, name)
    finally:
        page.emulate()


#: How many files the browser keeps. It looks after what was begun earlier.
KEPT = """
const asked = indexedDB.open("imagebus");
asked.onsuccess = () => {
  const found = asked.result.transaction("uploads").objectStore("uploads").count();
  found.onsuccess = () => { asked.result.close(); arguments[0](found.result); };
};
"""


def test_the_tray_goes_with_the_last_upload_that_is_cancelled(page: Page, stub: Stub, tmp_path: Path):
    page.open()
    page.driver.execute_script("Queue.pause(true)")
    page.choose_files(*photos(tmp_path, 5, 1000))
    page.wait(lambda: uploads(page) == "0 of 5 uploaded, paused", "they wait")
    page.find('[aria-label="Cancel photo-00.jpg"]').click()
    page.wait(lambda: uploads(page) == "0 of 4 uploaded, paused", "one less")
    page.find("#cancel-all").click()
    page.wait(lambda: not page.find("#tray").is_displayed(), "nothing is left")
    assert page.driver.execute_async_script(KEPT) == 0
    page.driver.refresh()
    page.wait(lambda: page.text("#connection") == "Live", "the list")
    assert uploads(page) == "Nothing to upload"


def test_uploads_wait_for_a_key_that_is_accepted(page: Page, stub: Stub, tmp_path: Path):
    page.open()
    page.wait(lambda: page.text("#connection") == "Live", "the list")
    stub.key = "another"
    page.choose_files(*photos(tmp_path, 2, 1000))
    page.wait(lambda: "waiting for an API key" in page.text("#uploads"), "they wait")
    page.wait(lambda: "not a valid key" in page.text("#key-problem"), "a key is asked for")
    page.give_key("wrong, too")
    page.wait(lambda: page.find("#key").get_attribute("open") is not None, "it is asked for again")
    page.give_key("another")
    page.wait(lambda: len(stub.stored) == 2, "both are stored")


def test_a_key_that_is_being_typed_stays_when_another_request_is_refused(page: Page, stub: Stub):
    stub.key = "another"
    page.open()
    page.wait(lambda: "not a valid key" in page.text("#key-problem"), "a key is asked for")
    page.find("#key-value").send_keys("anot")
    page.driver.execute_script("document.getElementById('key-problem').textContent = ''; Gallery.restart()")
    page.wait(lambda: "not a valid key" in page.text("#key-problem"), "the next answer")
    page.find("#key-value").send_keys("her")
    assert page.find("#key-value").get_property("value") == "another"


def test_a_new_key_does_not_resume_what_the_user_has_paused(page: Page, stub: Stub, tmp_path: Path):
    page.open()
    page.driver.execute_script("Queue.pause(true)")
    page.choose_files(*photos(tmp_path, 1, 1000))
    page.find("#change-key").click()
    page.give_key(stub.key)
    page.wait(lambda: "paused" in page.text("#uploads"), "it still waits")
    assert not stub.stored


def test_a_picture_of_the_page_that_is_dragged_is_not_uploaded(page: Page, stub: Stub):
    stub.add(1)
    page.open()
    page.wait(lambda: tiles(page), "the image")
    page.find("#gallery .tile").click()
    picture = page.wait(lambda: page.find_all("#picture"), "its picture")[0]
    page.driver.execute_script(
        "window.drops = 0; document.addEventListener('drop', () => (drops += 1));"
        "document.addEventListener('dragover', (event) => event.preventDefault());"
        "arguments[0].style.cssText = 'width: 20rem; height: 10rem'",
        picture,
    )
    move = ActionChains(page.driver).click_and_hold(picture).move_by_offset(20, 20)
    move.move_by_offset(30, 30).release().perform()
    page.wait(lambda: page.driver.execute_script("return drops") == 1, "dropped")
    assert uploads(page) == "Nothing to upload"


def tabs(page: Page, stub: Stub) -> tuple[str, str]:
    """Two tabs with the page; the second is the current one."""
    page.open()
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    page.open()
    waiting = "navigator.locks.query().then(({ pending }) => arguments[0](pending.length))"
    page.wait(lambda: page.driver.execute_async_script(waiting) == 2, "each waits for the other to be closed")
    return first, page.driver.current_window_handle


def test_a_tab_that_is_reloaded_leaves_the_uploads_of_another_alone(page: Page, stub: Stub, tmp_path: Path):
    first, second = tabs(page, stub)
    page.driver.execute_script("Queue.pause(true)")
    page.choose_files(*photos(tmp_path, 3, 1000))
    page.wait(lambda: uploads(page) == "0 of 3 uploaded, paused", "they wait")
    page.driver.switch_to.window(first)
    page.driver.refresh()
    page.wait(lambda: page.text("#connection") == "Live", "the list")
    page.driver.switch_to.window(second)
    page.driver.execute_script("Queue.pause(false)")
    page.wait(lambda: uploads(page) == "3 of 3 uploaded", "all are uploaded")
    assert len(stub.stored) == 3
    page.driver.close()
    page.driver.switch_to.window(first)
    assert uploads(page) == "Nothing to upload"


def test_another_tab_sends_what_a_closed_one_has_left(page: Page, stub: Stub, tmp_path: Path):
    first, _ = tabs(page, stub)
    page.driver.execute_script("Queue.pause(true)")
    page.choose_files(*photos(tmp_path, 3, 1000))
    page.wait(lambda: uploads(page) == "0 of 3 uploaded, paused", "they wait")
    page.wait(lambda: page.driver.execute_async_script(KEPT) == 3, "they are kept")
    page.driver.close()
    page.driver.switch_to.window(first)
    page.wait(lambda: uploads(page) == "3 of 3 uploaded", "they are uploaded", within=20)
    assert len(stub.stored) == 3
