"""The page as a user sees it in a browser."""

from __future__ import annotations

import io
import os
import random
import uuid
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from PIL import Image
from selenium.webdriver.common.keys import Keys

from imagebus.recipes.model import RecipeSet, Rule, Variant
from imagebus.recipes.store import DynamoDBRecipes
from samples import scenes
from tests.e2e.browser.pages import Page
from tests.e2e.harness import jpeg
from tests.e2e.test_failures import without_permission

#: Set IMAGEBUS_SCREENSHOTS=docs/images to retake the screenshots of the documentation.
SCREENSHOTS = os.environ.get("IMAGEBUS_SCREENSHOTS")


def unique(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:6]}"


def take(page: Page, name: str) -> None:
    if SCREENSHOTS:
        page.screenshot(Path(SCREENSHOTS) / f"{name}.png")


def scene(paint: Callable[[tuple[int, int], int], Image.Image], size: tuple[int, int] = (900, 600)) -> bytes:
    buffer = io.BytesIO()
    paint(size, random.randrange(1000)).convert("RGB").save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / f"{name}.jpg"
    path.write_bytes(content)
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Three files to upload, one of them broken."""
    harbour, meadow, broken = unique("harbour"), unique("meadow"), unique("broken")
    return {
        harbour: write(tmp_path, harbour, scene(random.choice((scenes.sea, scenes.city, scenes.dunes)))),
        meadow: write(tmp_path, meadow, scene(scenes.flower, (600, 800))),
        broken: write(tmp_path, broken, b"\xff\xd8\xff\xe0 but no picture follows" * 20),
    }


def test_uploaded_images_reach_their_states_without_a_reload(page: Page, files: dict[str, Path]) -> None:
    page.open()
    page.driver.execute_script("window.untouched = true")
    page.choose_files(*files.values())
    harbour, meadow, broken = files
    # the first images of a new stack wait for every function's cold start
    page.wait_for(within=150, **{harbour: "Completed", meadow: "Completed", broken: "Rejected"})
    page.wait(lambda: len(page.find_all("#gallery img.shown")) >= 2, "two thumbnails")
    assert page.driver.execute_script("return window.untouched")
    assert page.text("#tray-title") == "3 of 3 uploaded"
    page.find("#clear").click()
    assert not page.find("#tray").is_displayed()


def test_an_image_shows_its_thumbnails_its_events_and_its_facts(page: Page, files: dict[str, Path]) -> None:
    page.open()
    harbour, _, broken = files
    page.choose_files(files[harbour], files[broken])
    page.wait_for(**{harbour: "Completed", broken: "Rejected"})
    page.open_image(harbour)
    events = [title.get_attribute("textContent") for title in page.find_all("svg.timeline g > title")]
    assert events[0].startswith("ImageUploaded ")
    assert {event.split(" ", 1)[0] for event in events} >= {
        "ThumbnailsCreated",
        "ImageWatermarked",
        "ImageProcessed",
    }
    assert any("after ImageValidated, which caused it" in event for event in events)
    page.wait(lambda: page.find("#picture").is_displayed(), "the picture is loaded")
    page.find("#tab-events").click()
    slider = page.find("#past")
    assert page.text("#past-state") == "As it is now"
    slider.send_keys(Keys.HOME, Keys.ARROW_RIGHT)
    page.wait(lambda: "after ImageValidated" in page.text("#past-state"), "what was known then")
    assert page.text("#past-state").startswith("Processing")
    assert "outstanding: ThumbnailsCreated" in page.text("#past-state")
    assert len(page.find_all("svg.timeline g.later")) == len(events) - 2
    slider.send_keys(Keys.END)
    assert len(page.find_all("svg.timeline g.later")) == 0
    page.find("#image-body details summary").click()
    assert "ImageValidated" in page.text("#image-body details table")
    page.find("#tab-variants").click()
    assert len(page.find_all(".strip img")) == 4
    page.wait(
        lambda: page.driver.execute_script(
            "return Array.from(document.querySelectorAll('.strip img'))"
            ".every((image) => image.complete && image.naturalWidth > 0)"
        ),
        "the thumbnails are there",
    )
    page.find("#tab-overview").click()
    assert "900 × 600" in page.text("#image-body")
    # the browser's back button
    page.driver.back()
    page.wait(lambda: page.find("#image").get_attribute("open") is None, "the image is closed")
    page.open_image(broken)
    assert "Rejected (" in page.text("#image-body .problem")


def test_the_html_of_the_variants_is_copied(page: Page, files: dict[str, Path]) -> None:
    page.open()
    harbour = next(iter(files))
    page.choose_files(files[harbour])
    page.wait_for(**{harbour: "Completed"})
    page.open_image(harbour)
    page.find("#tab-variants").click()
    rows = {tuple(row.text.split(" ", 2)) for row in page.find_all("#variants tbody tr")}
    assert {(name, image_format) for name, image_format, _ in rows} == {
        (box, "jpeg") for box in ("100x100", "320x320", "640x480", "1280x1280")
    }
    assert any(rest.startswith("900 × 600 ") for _, _, rest in rows)  # never enlarged
    assert not page.find_all("#outdated")
    page.allow_clipboard()
    page.find("#copy-html-0").click()
    page.wait(lambda: page.text("#copy-html-0") == "Copied", "the HTML is copied")
    assert page.text("#announcement") == "Copied"
    html = page.clipboard()
    assert html.startswith("<picture>")
    page.find("#copy-jpeg-0").click()
    page.wait(lambda: page.text("#copy-jpeg-0") == "Copied", "the srcset is copied")
    assert page.clipboard().endswith("w")
    # what was copied shows an image
    width = page.driver.execute_async_script(
        "const [html, done] = arguments;"
        "const image = new DOMParser().parseFromString(html, 'text/html').querySelector('img');"
        "const copy = new Image(); copy.onload = () => done(copy.naturalWidth);"
        "copy.onerror = () => done(0); copy.srcset = image.srcset; copy.src = image.src",
        html,
    )
    assert width > 0


@pytest.mark.embedded("it promotes recipes")
def test_an_image_says_when_its_variants_are_older_than_the_promoted_ones(
    page: Page, files: dict[str, Path], recipes: DynamoDBRecipes
) -> None:
    page.open()
    meadow = list(files)[1]
    page.choose_files(files[meadow])
    page.wait_for(**{meadow: "Completed"})
    page.open_image(meadow)
    page.find("#tab-variants").click()
    assert not page.find_all("#outdated")
    default = recipes.default()
    variants = {**default.variants, "new": Variant(width=10)}
    recipes.promote(RecipeSet(recipes=(Rule(name="default", variants=variants),)), by="e2e")
    page.wait(lambda: "older variants" in page.text("#outdated"), "the open image says so")
    assert len(page.find_all(".strip img")) == 4


def test_a_failed_image_completes_after_a_retry(page: Page, tmp_path: Path) -> None:
    name = unique("unlucky")
    page.open()
    with without_permission(page.pipeline, "ThumbnailerRole", "WriteDerived"):
        page.choose_files(write(tmp_path, name, jpeg()))
        page.wait_for(within=150, **{name: "Failed"})
    page.open_image(name)
    assert "thumbnailer gave up" in page.text("#image-body .problem")
    page.find("#retry").click()
    page.wait(lambda: page.text("#image-status") == "Completed", "completed after the retry")
    page.find("#close-image").click()
    page.wait_for(**{name: "Completed"})


def test_a_deleted_image_leaves_the_list_and_is_found_among_the_deleted(
    page: Page, files: dict[str, Path]
) -> None:
    page.open()
    meadow = list(files)[1]
    page.choose_files(files[meadow])
    page.wait_for(**{meadow: "Completed"})
    page.open_image(meadow)
    page.find("#delete").click()
    page.find("#delete").click()
    page.wait(lambda: page.text("#image-status") == "Deleted", "deleted")
    page.find("#close-image").click()
    page.wait(lambda: f"{meadow}.jpg" not in page.statuses(), "no tile any more")
    page.find('#filter [data-status="deleted"]').click()
    page.wait_for(**{meadow: "Deleted"})


def test_the_filter_shows_one_status_only(page: Page, files: dict[str, Path]) -> None:
    page.open()
    harbour, _, broken = files
    page.choose_files(files[harbour], files[broken])
    page.wait_for(**{harbour: "Completed", broken: "Rejected"})
    page.find('#filter [data-status="rejected"]').click()
    page.wait(lambda: page.statuses() and set(page.statuses().values()) == {"Rejected"}, "rejected only")
    assert page.find('#filter [data-status="rejected"]').get_attribute("aria-pressed") == "true"


def test_the_key_is_asked_for_once_and_a_wrong_one_is_not_kept_quiet(page: Page) -> None:
    page.open(key="not-the-key")
    page.wait(lambda: "valid key" in page.text("#key-problem"), "what is wrong with the key")
    page.give_key(page.pipeline.target.api_key or "")
    page.wait(lambda: page.text("#connection") == "Live", "the list is live")
    page.forget_console()  # the browser itself logs each 403: of the list, and of the live address
    page.driver.refresh()
    page.wait(lambda: page.text("#connection") == "Live", "live again, unasked")
    assert page.find("#key").get_attribute("open") is None
    assert page.driver.get_cookies() == []


def test_everything_can_be_done_with_the_keyboard(page: Page, files: dict[str, Path]) -> None:
    page.open()
    harbour = next(iter(files))
    page.choose_files(files[harbour])
    page.wait_for(**{harbour: "Completed"})
    for _ in range(30):
        page.press(Keys.TAB)
        if harbour in page.focused():
            break
    assert harbour in page.focused()
    page.press(Keys.ENTER)
    page.wait(lambda: page.find_all("svg.timeline"), "the image is open")
    page.press(Keys.ESCAPE)
    page.wait(lambda: page.find("#image").get_attribute("open") is None, "Escape closes it")
    assert harbour in page.focused()  # the focus returns


def test_nothing_stands_in_the_way_of_assistive_technology(page: Page, files: dict[str, Path]) -> None:
    page.open()
    harbour, meadow, broken = files
    page.choose_files(*files.values())
    page.wait_for(**{harbour: "Completed", meadow: "Completed", broken: "Rejected"})
    for width, scheme in product((1280, 390), ("light", "dark")):
        page.emulate(scheme=scheme, width=width, height=900, mobile=width < 500)
        page.open()
        page.wait_for(**{harbour: "Completed", meadow: "Completed", broken: "Rejected"})
        page.wait(lambda: page.find_all("#gallery img.shown"), "thumbnails")
        page.wait(
            lambda: page.driver.execute_script(
                "return !document.getAnimations().some((each) => each instanceof CSSTransition)"
            ),
            "the images have faded in",
        )
        assert page.accessibility() == [], (width, scheme)
        assert not page.overflows(), (width, scheme)
        kind = "phone" if width < 500 else scheme
        if (width, scheme) != (390, "dark"):
            take(page, f"page-{kind}")
        page.open_image(harbour)
        page.wait(lambda: page.find("#picture").get_property("naturalWidth"), "the picture")
        assert page.accessibility() == [], (width, scheme)
        if (width, scheme) == (1280, "light"):
            take(page, "page-image")
        page.find("#close-image").click()
        page.find("#change-key").click()
        assert page.accessibility() == [], (width, scheme)
