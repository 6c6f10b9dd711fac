"""The contact sheet shows everything and runs nothing."""

from __future__ import annotations

from html.parser import HTMLParser

from imagebus_cli.demo import sheet
from imagebus_cli.demo.sheet import Card
from tests.unit.cli.builders import event, result

HOSTILE = "\"><script>alert(1)</script>' onerror=x .jpg"


class Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def completed(key: str) -> Card:
    shown = result(
        key,
        format="JPEG",
        width=1620,
        height=1080,
        size=172_979,
        thumbnails=[
            {"name": name, "width": width, "height": 66} for name, width in (("100", 100), ("640", 640))
        ],
        metadata={"dominant_colors": ["#102030"]},
    )
    events = [event("u", "ImageUploaded", 0), event("v", "ImageValidated", 200, "u")]
    return Card(shown, events, {"100": "images/a/100.jpg", "640": "images/a/640.jpg"})


def test_a_hostile_key_is_text_and_adds_no_tag():
    plain, hostile = Page(sheet.render([completed("a.jpg")])), Page(sheet.render([completed(HOSTILE)]))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert HOSTILE in hostile.text
    assert not [name for _, attributes in hostile.tags for name in attributes if name.startswith("on")]


def test_a_hostile_reason_is_text():
    rejected = result("a", "rejected", reason="<b>", rejection={"detail": "<i>why</i>"})
    page = Page(sheet.render([Card(rejected, [], {})]))
    assert "<b>" in page.text
    assert "<i>why</i>" in page.text


def test_the_page_loads_nothing_but_the_images_beside_it():
    page = Page(sheet.render([completed("a.jpg")]))
    addresses = [v for _, attributes in page.tags for k, v in attributes.items() if k in ("src", "href")]
    assert addresses
    assert all(address and address.startswith("images/") for address in addresses)
    assert not {"script", "link", "iframe"} & {tag for tag, _ in page.tags}


def test_the_derived_image_nearest_to_the_cards_width_is_shown():
    page = Page(sheet.render([completed("a.jpg")]))
    assert [attributes["src"] for tag, attributes in page.tags if tag == "img"] == ["images/a/640.jpg"]


def test_the_timeline_and_the_facts_are_there():
    text = Page(sheet.render([completed("a.jpg")])).text
    for expected in (
        "completed",
        "JPEG · 1620×1080 · 173 kB · 1.50 s",
        "ImageValidated",
        "200 ms",
        "2 events",
    ):
        assert expected in text
