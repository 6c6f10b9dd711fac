"""Which format a caller gets, by its Accept header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.accept import best
from imagebus.image_types import FORMATS, MIME_OF_FORMAT, most_compatible

ALL = ("PNG", "AVIF", "JPEG", "WEBP")

#: What browsers send for an <img>.
#: https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Content_negotiation/List_of_default_Accept_values
CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
FIREFOX = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
FIREFOX_WITH_JXL = "image/avif,image/jxl,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
FIREFOX_65 = "image/webp,*/*"
SAFARI = (
    "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,"
    "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
)
SAFARI_14 = "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5"
SAFARI_10 = "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5"
#: What Chrome sends for a link that is followed.
NAVIGATION = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)
#: Java's HttpURLConnection.
JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"


@pytest.mark.parametrize(
    ("accept", "formats", "expected"),
    [
        (CHROME, ALL, "AVIF"),
        (FIREFOX, ALL, "AVIF"),
        (FIREFOX_WITH_JXL, ALL, "AVIF"),
        (FIREFOX_65, ALL, "WEBP"),
        (SAFARI, ALL, "AVIF"),
        (SAFARI_14, ALL, "WEBP"),
        (SAFARI_10, ALL, "PNG"),
        (NAVIGATION, ALL, "AVIF"),
        (CHROME, ("JPEG", "WEBP"), "WEBP"),
        (SAFARI_10, ("JPEG", "WEBP"), "JPEG"),
        (CHROME, ("JPEG",), "JPEG"),
        (JAVA, ALL, "JPEG"),
        (JAVA, ("WEBP",), "WEBP"),
        # Nothing is known about the caller.
        (None, ALL, "JPEG"),
        ("", ALL, "JPEG"),
        (" ", ALL, "JPEG"),
        ("*/*", ALL, "JPEG"),
        ("image/*", ("WEBP", "AVIF", "PNG"), "PNG"),
        ("image/*", ("AVIF", "WEBP"), "WEBP"),
        ("*/*", ("AVIF",), "AVIF"),
        # Weights decide first.
        ("image/avif;q=0.5,image/jpeg", ALL, "JPEG"),
        ("image/webp;q=0.9,image/avif;q=0.8,image/jpeg;q=0.1", ALL, "WEBP"),
        ("image/webp;q=0.001", ALL, "WEBP"),
        # The most specific range decides about a type.
        ("image/*,image/jpeg;q=0,image/png;q=0", ALL, "WEBP"),
        ("*/*;q=0,image/webp", ALL, "WEBP"),
        ("image/*;q=0,*/*", ALL, None),
        ("image/avif;q=0,*/*", ("AVIF",), None),
        # Nothing fits.
        ("text/html", ALL, None),
        ("image/webp", ("JPEG",), None),
        ("image/svg+xml", ALL, None),
        ("*/*;q=0", ALL, None),
        ("*/*;q=0.000", ALL, None),
        # Letters of either case, and space where the grammar allows it.
        ("IMAGE/WEBP ; Q=0.5 , text/html", ALL, "WEBP"),
        # What is invalid is skipped. What has parameters is another type than ours.
        ("image/jpeg;q=2,image/webp;q=0.1", ALL, "WEBP"),
        ("image/jpeg;q=,image/webp;q=0.1", ALL, "WEBP"),
        (";;,,/,image/,/jpeg,image/webp", ALL, "WEBP"),
        ("image/avif;codecs=av1,image/png", ALL, "PNG"),
        ('text/plain;x=",image/avif,",image/png', ALL, "PNG"),
        ("image/png;q=0.5;extension=1", ALL, "PNG"),
    ],
)
def test_each_caller_gets_the_format_that_it_likes(
    accept: str | None, formats: tuple[str, ...], expected: str | None
) -> None:
    assert best(formats, accept) == expected
    assert best(formats[::-1], accept) == expected


def test_who_cannot_be_asked_gets_what_most_programs_show() -> None:
    assert most_compatible({"AVIF": 1, "WEBP": 2, "PNG": 3}) == "PNG"


TYPES = st.sampled_from([*MIME_OF_FORMAT.values(), "image/*", "*/*", "text/html", "image/svg+xml"])
WEIGHTS = st.sampled_from(["", ";q=0", ";q=0.0", ";q=0.3", "; q=0.8", ";q=1", ";Q=1.000"])
RANGES = st.lists(st.tuples(TYPES, WEIGHTS), min_size=1, max_size=8, unique_by=lambda each: each[0])


def is_acceptable(mime: str, ranges: list[tuple[str, str]]) -> bool:
    """As section 12.5.1 of RFC 9110 says it: the most specific range that is there decides."""
    weights = {name: float(weight.lower().partition("q=")[2] or 1) for name, weight in ranges}
    return next((weights[each] for each in (mime, "image/*", "*/*") if each in weights), 0) > 0


@given(RANGES, st.sets(st.sampled_from(FORMATS), min_size=1), st.sampled_from([",", ", ", " ,", ",,"]))
def test_no_answer_is_unacceptable_and_none_is_kept_back(
    ranges: list[tuple[str, str]], formats: set[str], comma: str
) -> None:
    chosen = best(formats, comma.join(f"{name}{weight}" for name, weight in ranges))
    acceptable = {each for each in formats if is_acceptable(MIME_OF_FORMAT[each], ranges)}
    assert chosen in acceptable if acceptable else chosen is None


@given(st.text(alphabet='image/*,;q=01."\\ webpavf', max_size=60), st.sets(st.sampled_from(FORMATS)))
def test_no_header_is_too_odd(accept: str, formats: set[str]) -> None:
    chosen = best(formats, accept)
    assert chosen in formats or chosen is None
    if chosen and accept.strip():
        assert "/" in accept
