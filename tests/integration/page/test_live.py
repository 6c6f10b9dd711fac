"""The page with the live example, and without it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.browser.pages import Page
from tests.integration.page.sockets import Sockets
from tests.integration.page.stub import Stub

KEY = "uploads/photo-001.jpg"
#: With the patience that a busy machine gets, half of the 30 seconds after which a connected page polls.
SOON = 3


@pytest.fixture
def live(stub: Stub) -> Sockets:
    stub.live = Sockets()
    return stub.live


def asked(stub: Stub) -> list[str]:
    """Of the API; the pictures are S3's."""
    return [request for request in stub.requests if not request.startswith("/bucket/")]


def lists(stub: Stub, since: str = "/") -> int:
    """How often the page has asked for a list, since it last asked for this."""
    requests = asked(stub)[::-1]
    found = requests[: requests.index(since)] if since in requests else []
    return sum(request.startswith("/images?") for request in found)


def connected(page: Page, stub: Stub) -> int:
    """The number of lists that it has asked for once it polls rarely: two after it has connected."""
    page.open()
    page.wait(lambda: lists(stub, "/socket") >= 2, "a connection, and two lists")
    return lists(stub)


def status(page: Page) -> Callable[[str], Callable[[], bool]]:
    return lambda wanted: lambda: page.statuses().get("photo-001.jpg") == wanted


def test_a_change_that_is_pushed_is_shown_without_a_poll(page: Page, stub: Stub, live: Sockets):
    stub.add(3, status="processing")  # a page that polls would do so every 1.5 seconds
    before = connected(page, stub)
    stub.listed = dict(stub.images)  # a list is a moment behind, and does not take back what is known
    live.tell(stub.change(KEY, status="completed"))
    page.wait(status(page)("Completed"), "its new state", within=SOON)
    assert lists(stub) == before
    stub.add(1, "new")
    stub.listed["uploads/new-003.jpg"] = stub.images["uploads/new-003.jpg"]
    live.tell(stub.images["uploads/new-003.jpg"])
    page.wait(lambda: "new-003.jpg" in page.statuses(), "the new image", within=SOON)
    assert (page.statuses()["photo-001.jpg"], lists(stub)) == ("Completed", before + 1)
    del stub.images[KEY]
    live.tell({"key": KEY, "status": "deleted", "updated_at": "2026-11-03T00:00:00.000Z"})
    page.wait(lambda: "photo-001.jpg" not in page.statuses(), "an image that was erased is gone", SOON)


def test_while_it_is_cut_off_the_page_polls_and_misses_nothing(page: Page, stub: Stub, live: Sockets):
    stub.add(3, status="processing")
    connected(page, stub)
    live.refuse = True
    live.cut()
    stub.change(KEY, status="rejected")
    page.wait(status(page)("Rejected"), "its new state, by a poll", within=SOON)
    live.refuse = False
    page.wait(lambda: live.open, "another connection", within=SOON)
    live.tell(stub.change(KEY, status="completed", updated_at="2026-11-03T00:00:00.000Z"))
    page.wait(status(page)("Completed"), "what is pushed", within=SOON)


def test_what_the_list_does_not_show_yet_when_the_page_connects_comes_soon(
    page: Page, stub: Stub, live: Sockets
):
    """The event came before the connection, and the list is a moment behind."""
    stub.add(3, status="processing")
    stub.listed = dict(stub.images)
    stub.change(KEY, status="completed")
    page.open()
    page.wait(lambda: lists(stub, "/socket"), "the list when it is connected")
    stub.listed = None
    page.wait(status(page)("Completed"), "the state that it missed", within=SOON)


def test_a_flood_of_changes_is_asked_for_together(page: Page, stub: Stub, live: Sockets):
    stub.add(100)
    connected(page, stub)
    before = len(asked(stub))
    stub.add(200, "new")
    for image in list(stub.images.values())[100:]:
        live.tell(image)
    page.wait(lambda: sum(name.startswith("new-") for name in page.statuses()) == 200, "all of them", SOON)
    assert len(asked(stub)) - before < 30


def test_a_hidden_tab_asks_for_nothing_until_it_is_shown(page: Page, stub: Stub, live: Sockets):
    stub.add(60)
    connected(page, stub)
    page.driver.execute_script("scrollTo(0, document.body.scrollHeight)")
    page.wait(lambda: len(page.statuses()) == 60, "also the oldest, which are not on the list's first page")
    show(page, hidden=True)
    before = asked(stub)
    live.tell(stub.change(KEY, status="deleted"))
    page.driver.execute_async_script("setTimeout(arguments[0])")  # it has handled the message
    assert asked(stub) == before
    show(page, hidden=False)
    page.wait(lambda: "photo-001.jpg" not in page.statuses(), "it is gone", within=SOON)


def show(page: Page, *, hidden: bool) -> None:
    """Headless, a tab stays visible behind another one."""
    script = """const hidden = arguments[0];
        Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event("visibilitychange"))"""
    page.driver.execute_script(script, hidden)


def test_without_the_example_the_page_polls(page: Page, stub: Stub):
    stub.add(3, status="processing")
    page.open()
    page.wait(lambda: len(page.statuses()) == 3, "the images")
    stub.change(KEY, status="completed")
    page.wait(status(page)("Completed"), "its new state", within=SOON)
    before = lists(stub)
    page.wait(lambda: lists(stub) > before + 1, "another list, and another", within=SOON)
    assert stub.requests.count("/live") == 1
