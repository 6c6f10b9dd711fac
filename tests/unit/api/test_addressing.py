"""Every key has an address, and each address leads to its key, even if a gateway decoded it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.addressing import NoSuchAddress, address, canonical, target, token, untoken

KEYS = st.text(
    st.one_of(st.sampled_from("/~%+ .é?#&=\\\"'\n"), st.characters(exclude_categories=["Cs"])), min_size=1
).filter(lambda key: len(key.encode()) <= 1024)

RESTS = st.sampled_from(["", "/events", "/status", "/original", "/retry", "/thumbnails/320x320"])


def as_sent(path: str, method: str = "") -> dict[str, Any]:
    """An event of a REST API: the path is as the client sent it."""
    return {"path": path, "httpMethod": method or ("POST" if path.endswith("/retry") else "GET")}


def as_decoded(path: str) -> dict[str, Any]:
    """An event with payload format 1.0: the path is already decoded."""
    return {**as_sent(path), "version": "1.0", "path": unquote(path)}


@given(KEYS, RESTS)
def test_the_address_of_a_key_leads_back_to_it(key: str, rest: str) -> None:
    expected = f"/images/{token(key)}{rest}"
    assert canonical(as_sent(f"/{address(key)}{rest}")) == expected
    assert canonical(as_decoded(f"/{address(key)}{rest}")) == expected


@given(KEYS, RESTS)
def test_a_key_encoded_as_one_segment_is_unambiguous_where_paths_are_passed_as_sent(
    key: str, rest: str
) -> None:
    if key.startswith("~"):
        return
    assert canonical(as_sent(f"/images/{quote(key, safe='')}{rest}")) == f"/images/{token(key)}{rest}"


@given(KEYS)
def test_a_token_is_one_segment_that_no_client_rewrites(key: str) -> None:
    assert untoken(token(key)) == key
    assert quote(token(key), safe="") == token(key)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("uploads/cat.jpg", "images/uploads/cat.jpg"),
        ("a b/ü+%41.jpg", "images/a%20b/%C3%BC%2B%2541.jpg"),
        ("status", "images/status"),
        ("a/events", f"images/{token('a/events')}"),
        ("a/thumbnails/b", f"images/{token('a/thumbnails/b')}"),
        ("a//b", f"images/{token('a//b')}"),
        ("a/../b", f"images/{token('a/../b')}"),
        ("/a", f"images/{token('/a')}"),
        ("a/", f"images/{token('a/')}"),
        ("~a", f"images/{token('~a')}"),
        ("a\nb", f"images/{token(chr(97) + chr(10) + chr(98))}"),
    ],
)
def test_addresses_are_readable_where_they_can_be(key: str, expected: str) -> None:
    assert address(key) == expected


def test_what_is_decoded_already_is_not_decoded_again() -> None:
    assert target("/images/%41.jpg", "GET", decoded=True).key == "%41.jpg"
    assert target("/images/%2541.jpg", "GET", decoded=False).key == "%41.jpg"


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("DELETE", "/images/a/events", "a/events"),
        ("GET", "/images/a/retry", "a/retry"),
        ("POST", "/images/a/events", "a/events"),
        ("DELETE", "/images/a/thumbnails/b", "a/thumbnails/b"),
    ],
)
def test_a_word_that_means_nothing_to_a_method_is_part_of_the_key(method: str, path: str, key: str) -> None:
    assert canonical(as_sent(path, method)) == f"/images/{token(key)}"


@pytest.mark.parametrize(
    "path",
    [
        "/images/~",
        "/images/~!",
        "/images/~YQ==",
        "/images/~YR",  # decodes to "a", but is not how "a" is written
        "/images/~gA",  # not UTF-8
        "/images/%ff",
        "/images/" + "k" * 1025,
        "/images//events",
    ],
)
def test_an_address_of_nothing_is_none(path: str) -> None:
    with pytest.raises(NoSuchAddress):
        canonical(as_sent(path))


def test_other_paths_stay_as_they_are() -> None:
    assert canonical(as_sent("/")) == "/"
    assert canonical(as_sent("/images/")) == "/images"
    assert canonical(as_sent("/health")) == "/health"
