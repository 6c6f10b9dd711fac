"""srcset and HTML, read as a browser reads them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.models import Picture, Variant
from api.variants import by_name, pictures, variant
from imagebus.recipes.model import Recipe

THUMBHASH = "U8cJ+/=="
Attributes = dict[str, str | None]


def thumbnail(name: str, image_format: str, width: int, height: int, size: int = 1000) -> dict[str, Any]:
    key = f"id/revision/thumbnails/{name}.1.{image_format.lower()}"
    return {
        "name": name, "format": image_format, "width": width, "height": height, "bytes": size, "key": key,
    }  # fmt: skip


def variants(*thumbnails: dict[str, Any], base: str = "https://cdn.example") -> dict[str, Variant]:
    return {
        name: variant(f"images/x/variants/{name}", files, lambda key: f"{base}/{quote(key)}")
        for name, files in by_name(thumbnails).items()
    }


class Elements(HTMLParser):
    """The elements of a snippet with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, Attributes]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        self.found.append((tag, dict(attrs)))


def elements(picture: Picture) -> list[tuple[str, Attributes]]:
    return Elements(picture.html).found


def candidates(srcset: str | None) -> dict[str, str]:
    """Width -> URL. A URL in a srcset neither contains white space nor ends with a comma."""
    pairs = [each.rsplit(" ", 1) for each in (srcset or "").split(", ")]
    return {width: url for url, width in pairs}


THREE = variants(
    *(
        thumbnail(name, image_format, width, width * 3 // 4)
        for name, width in (("small", 320), ("large", 1280), ("medium", 640))
        for image_format in ("JPEG", "AVIF", "WEBP")
    )
)


def test_a_browser_may_choose_by_format_and_by_width() -> None:
    (found,) = pictures(THREE, None, THUMBHASH)
    assert found.variants == ["large", "medium", "small"]
    tags = elements(found)
    assert [tag for tag, _ in tags] == ["picture", "source", "source", "img"]
    assert [attributes["type"] for _, attributes in tags[1:3]] == ["image/avif", "image/webp"]
    image = tags[-1][1]
    assert image["src"] == "https://cdn.example/id/revision/thumbnails/large.1.jpeg"
    assert (image["width"], image["height"]) == ("1280", "960")
    assert (image["alt"], image["loading"], image["data-thumbhash"]) == ("", "lazy", THUMBHASH)
    for name, (_, attributes) in zip(("avif", "webp", "jpeg"), tags[1:], strict=True):
        assert attributes["sizes"] == "auto, (max-width: 1280px) 100vw, 1280px"
        assert attributes["srcset"] == found.srcset[name]
        assert candidates(attributes["srcset"]) == {
            f"{width}w": f"https://cdn.example/id/revision/thumbnails/{size}.1.{name}"
            for size, width in (("small", 320), ("medium", 640), ("large", 1280))
        }


def test_what_has_another_shape_is_another_picture() -> None:
    found = pictures(
        variants(
            thumbnail("square", "JPEG", 200, 200),
            thumbnail("whole", "JPEG", 1000, 667),
            thumbnail("tiny", "JPEG", 100, 67),  # 66.7
            thumbnail("avatar", "JPEG", 64, 64),
        ),
        None,
        None,
    )
    assert [each.variants for each in found] == [["whole", "tiny"], ["square", "avatar"]]


def test_what_is_made_in_another_way_is_another_picture_whatever_its_shape() -> None:
    box = {"width": 400, "height": 300}
    recipe = Recipe.read(
        {"variants": {"cut": {**box, "fit": "cover"}, "bars": {**box, "fit": "contain"}, "whole": {**box}}}
    )
    names = ("cut", "bars", "whole")
    found = pictures(variants(*(thumbnail(each, "JPEG", 400, 300) for each in names)), recipe, None)
    assert [each.variants for each in found] == [["bars"], ["cut"], ["whole"]]


def test_of_two_files_of_one_width_the_smaller_is_in_the_srcset() -> None:
    (found,) = pictures(
        variants(thumbnail("a", "PNG", 50, 40, size=900), thumbnail("b", "PNG", 50, 40, size=800)), None, None
    )
    assert found.srcset == {"png": "https://cdn.example/id/revision/thumbnails/b.1.png 50w"}


@pytest.mark.parametrize(
    ("formats", "sources", "fallback"),
    [
        (["AVIF", "WEBP"], ["image/avif"], "webp"),
        (["AVIF"], [], "avif"),
        (["PNG", "WEBP"], ["image/webp"], "png"),
        (["JPEG", "PNG"], [], "jpeg"),
    ],
)
def test_the_img_has_the_format_that_most_programs_show(
    formats: list[str], sources: list[str], fallback: str
) -> None:
    (found,) = pictures(variants(*(thumbnail("a", each, 9, 9) for each in formats)), None, None)
    tags = elements(found)
    assert [attributes["type"] for tag, attributes in tags if tag == "source"] == sources
    assert str(tags[-1][1]["src"]).endswith(f".{fallback}")
    assert "data-thumbhash" not in tags[-1][1]


def test_an_image_without_variants_has_no_picture() -> None:
    assert pictures({}, None, THUMBHASH) == []


@given(st.text(min_size=1), st.text("&\"<>'= abc", max_size=20))
def test_no_key_and_no_address_breaks_out_of_its_attribute(key: str, query: str) -> None:
    file = thumbnail("a", "JPEG", 10, 10) | {"key": key.encode(errors="replace").decode()}
    url = f"https://x.example/{quote(file['key'])}?a=1&q={query.replace(' ', '+')}"
    (found,) = pictures({"a": variant("", {"JPEG": file}, lambda _: url)}, None, '"><script>')
    tags = elements(found)
    assert [tag for tag, _ in tags] == ["picture", "img"]
    assert tags[-1][1]["src"] == url
    assert candidates(tags[-1][1]["srcset"]) == {"10w": url}
    assert tags[-1][1]["data-thumbhash"] == '"><script>'
