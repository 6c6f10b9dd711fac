"""Revisions sort as S3's sequencers do; ids are equal for the same work, and differ otherwise."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagebus.identity import canonical_json, derived_prefix, event_id, image_id, revision

hexes = st.text("0123456789ABCDEF", min_size=1, max_size=32)
keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(hexes, hexes)
def test_a_shorter_sequencer_is_padded_on_the_right_before_it_is_compared(one: str, two: str):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html"""
    width = max(len(one), len(two))
    left, right = int(one.ljust(width, "0"), 16), int(two.ljust(width, "0"), 16)
    assert (revision(one) < revision(two)) == (left < right)
    assert (revision(one) == revision(two)) == (left == right)


def test_case_does_not_make_another_revision():
    assert revision("0055aed6dcd90281e5") == revision("0055AED6DCD90281E5")


@given(keys, keys)
def test_two_keys_never_share_a_folder(one: str, two: str):
    assert (derived_prefix(one) == derived_prefix(two)) == (one == two)
    assert (image_id(one) == image_id(two)) == (one == two)


@pytest.mark.parametrize("key", ["a/b.jpg", "b.jpg", "a/../b.jpg", "A/B.JPG", "a/b.jpg ", "a%2Fb.jpg"])
def test_a_folder_is_not_part_of_the_key_and_nothing_of_it_can_leave_the_bucket(key: str):
    prefix = derived_prefix(key, revision("1"))
    assert prefix.count("/") == 2
    assert ".." not in prefix


@given(st.tuples(keys, keys, keys, keys), st.tuples(keys, keys, keys, keys))
def test_ids_are_equal_for_equal_work_only(one: tuple[str, ...], two: tuple[str, ...]):
    clean = all("\x1f" not in part for part in one + two)
    if clean:
        assert (event_id(*one) == event_id(*two)) == (one == two)


def test_an_event_id_is_a_name_based_uuid():
    assert uuid.UUID(event_id("ImageUploaded", "k", "r")).version == 5


def test_event_ids_never_change_between_releases():
    """A retry of an event from before a deployment must give the same event."""
    assert event_id("ImageUploaded", "a+b.jpg", "0" * 32) == "bc7916db-7100-547b-9066-6cfc79ef0e48"


def test_canonical_json_has_one_text_per_value():
    assert canonical_json({"b": 1, "a": "é"}) == '{"a":"é","b":1}'
