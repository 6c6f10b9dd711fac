"""What the uploader says about an image reaches the events, whatever it is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagebus.history.fold import fold
from imagebus.history.required import Required
from imagebus.history.view import details
from imagebus.objects import decoded, encoded
from tests.unit.core.events import recorded
from tests.unit.validator.test_choice import validated
from tests.unit.workers.images import Images


@given(st.text(st.characters(codec="utf-8"), max_size=255))
def test_every_value_survives_the_header(value: str) -> None:
    header = encoded(value)
    assert header.isascii()
    assert decoded(header) == value
    assert encoded(decoded(header)) == header


@pytest.mark.parametrize(
    "hostile",
    [
        "=?utf-8?b?%?=",
        "=?nothing?q?x?=",
        "=?utf-8?q?=ff?=",
        "=?utf-7?q?+2AA-?=",
        "=?unicode_escape?q?=5Cud800?=",
    ],
)
def test_a_value_that_is_no_rfc_2047_is_text_all_the_same(hostile: str) -> None:
    json.dumps(decoded(hostile), ensure_ascii=False).encode()


def test_metadata_of_an_upload_is_in_its_event_and_in_what_is_shown() -> None:
    images = Images(metadata={"album": encoded("Grüße"), "long": "x" * 2000})
    event = validated(images)
    assert event.data.user_metadata == {"album": "Grüße", "long": "x" * 1000}
    item = fold([recorded(each) for each in (images.uploaded, event)], Required.parse("X"))
    assert details(item).user_metadata == {"album": "Grüße", "long": "x" * 1000}


def test_without_metadata_the_event_has_none() -> None:
    assert "user_metadata" not in validated(Images()).detail()["data"]
