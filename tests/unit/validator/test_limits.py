"""The validator's limits, as the template sets them."""

from __future__ import annotations

import pytest

from imagebus_imaging import Limits
from tests.parameters import environment
from validator import rules


def limits_of(**given: str) -> Limits:
    return rules.limits_of({**environment("ValidatorFunction"), **given})


def test_the_templates_defaults_are_the_engines() -> None:
    assert limits_of() == Limits()


def test_a_decode_may_be_given_more_time_and_memory() -> None:
    limits = limits_of(DECODE_SECONDS="4", DECODE_MEMORY_MIB="640")
    assert limits.cpu_seconds == 4
    assert limits.wall_seconds > limits.cpu_seconds
    assert limits.memory_bytes == 640 * 1024 * 1024


def test_the_wall_clock_leaves_room_for_a_busy_machine_and_ends_before_the_function() -> None:
    for seconds in ("0.1", "1.5", "6", "20"):
        limits = limits_of(DECODE_SECONDS=seconds)
        assert limits.cpu_seconds + 1 <= limits.wall_seconds <= 24


def test_the_policy_on_trailing_data_and_truncated_images_is_a_parameter() -> None:
    limits = limits_of(TRAILING_DATA="strict", TRUNCATED_IMAGES="reject")
    assert (limits.trailing_data, limits.truncated) == ("strict", False)
    with pytest.raises(ValueError, match="TRAILING_DATA cannot be 'anything'"):
        limits_of(TRAILING_DATA="anything")
