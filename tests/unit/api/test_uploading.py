"""Keys that the server chooses."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.addressing import address
from api.uploading import mint, safe_name

NOW = datetime(2026, 3, 4, tzinfo=UTC)
UNIQUE = uuid.UUID(int=7)


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("photo.jpg", "photo.jpg"),
        ("My photo (1).JPG", "My-photo-1.JPG"),
        ("../../etc/passwd", "passwd.jpg"),
        (r"C:\pictures\cat.jpeg", "cat.jpeg"),
        ("schöne Grüße.jpg", "schone-Grue.jpg"),
        ("猫.jpg", "image.jpg"),
        (".hidden", "hidden.jpg"),
        ("...", "image.jpg"),
        ("a" * 300 + ".jpg", "a" * 96 + ".jpg"),
        ("<script>.jpg", "script.jpg"),
        ("a%2e%2e/b.jpg", "b.jpg"),
    ],
)
def test_names_are_made_safe(filename: str, expected: str) -> None:
    assert safe_name(filename, "image/jpeg") == expected


@given(st.text(min_size=1, max_size=255))
def test_a_minted_key_is_plain_whatever_the_file_is_called(filename: str) -> None:
    key = mint(filename, "image/png", NOW, UNIQUE)
    assert re.fullmatch(r"uploads/2026/03/[0-9a-f-]{36}/[A-Za-z0-9._-]{1,100}", key)
    assert address(key) == f"images/{key}"
    assert ".." not in key.split("/")
