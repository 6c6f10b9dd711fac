"""The validator's limits, as the template sets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagebus_imaging import Limits
from imagebus_local import templates
from validator.rules import limits_of

TEMPLATE = Path(__file__).parents[3] / "template.yml"


@pytest.fixture
def environment() -> dict[str, str]:
    template = templates.read(TEMPLATE)
    variables = template["Resources"]["ValidatorFunction"]["Properties"]["Environment"]["Variables"]
    return {
        name: str(template["Parameters"][value["Ref"]]["Default"])
        for name, value in variables.items()
        if isinstance(value, dict) and value.get("Ref") in template["Parameters"]
    }


def test_the_templates_defaults_are_the_engines(environment: dict[str, str]) -> None:
    assert limits_of(environment) == Limits()


def test_a_decode_may_be_given_more_time_and_memory(environment: dict[str, str]) -> None:
    limits = limits_of({**environment, "DECODE_SECONDS": "4", "DECODE_MEMORY_MIB": "640"})
    assert limits.cpu_seconds == 4
    assert limits.wall_seconds > limits.cpu_seconds
    assert limits.memory_bytes == 640 * 1024 * 1024


def test_the_wall_clock_leaves_room_for_a_busy_machine_and_ends_before_the_function(
    environment: dict[str, str],
) -> None:
    for seconds in ("0.1", "1.5", "6", "20"):
        limits = limits_of({**environment, "DECODE_SECONDS": seconds})
        assert limits.cpu_seconds + 1 <= limits.wall_seconds <= 24


def test_the_policy_on_trailing_data_and_truncated_images_is_a_parameter(environment: dict[str, str]) -> None:
    limits = limits_of({**environment, "TRAILING_DATA": "strict", "TRUNCATED_IMAGES": "reject"})
    assert (limits.trailing_data, limits.truncated) == ("strict", False)
    with pytest.raises(ValueError, match="TRAILING_DATA cannot be 'anything'"):
        limits_of({**environment, "TRAILING_DATA": "anything"})
