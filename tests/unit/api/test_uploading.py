"""Keys that the server chooses."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from urllib.parse import quote

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
        ("scho\u0308ne Grüße.jpg", "schöne-Grüße.jpg"),
        ("猫.jpg", "猫.jpg"),
        ("हिन्दी फ़ोटो.jpg", "हिन्दी-फ़ोटो.jpg"),
        ("photo\u202egpj.exe", "photo-gpj.exe"),
        ("zero\u200bwidth\x00.jpg", "zero-width.jpg"),
        ("📷.jpg", "image.jpg"),
        ("half \ud83d.jpg", "half.jpg"),
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
    folder, name = key.rsplit("/", 1)
    assert re.fullmatch(r"uploads/2026/03/[0-9a-f-]{36}", folder)
    assert 0 < len(name) <= 100
    assert name.isprintable()
    assert not set(name) & set(" /\\%?#&+<>\"'~")
    assert not name.startswith(".")
    assert address(key) == f"images/{quote(key)}"
    assert len(key.encode()) <= 1024
