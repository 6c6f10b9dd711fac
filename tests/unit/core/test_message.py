"""One rule for every message: what passes can be logged, carried in a failure and read back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imagebus.events import NotAnEvent
from imagebus.identity import canonical_json
from imagebus.message import MAX_BYTES, MAX_DEPTH, parse
from imagebus.store import marshal


def message(value: Any = None, **more: Any) -> str:
    return json.dumps({"source": "s", "detail-type": "T", "detail": {"value": value}} | more)


def nested(levels: int, innermost: Any = 1) -> Any:
    """Together with the envelope and its detail, that many levels."""
    for _ in range(levels - 2):
        innermost = [innermost]
    return innermost


RAW = '{{"source": "s", "detail-type": "T", "detail": {{"value": {}}}}}'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "not_json"),
        ("[]", "no_event"),
        ('{"detail": {}}', "no_event"),
        (message(nested(MAX_DEPTH + 1)), "too_deep"),
        (message(nested(MAX_DEPTH + 2, {})), "too_deep"),
        (RAW.format("[" * 250 + "]" * 250), "too_deep"),
        (RAW.format("[" * 980 + "]" * 980), "too_deep"),
        (RAW.format("[" * 100_000 + "]" * 100_000), "too_deep"),
        (message("half \ud800"), "lone_surrogate"),
        (message({"\udfff": 1}), "lone_surrogate"),
        (message(source="\ud800"), "lone_surrogate"),
        (message(nested(MAX_DEPTH - 1, "\ud800")), "lone_surrogate"),
        (RAW.format("NaN"), "number_out_of_range"),
        (RAW.format("-Infinity"), "number_out_of_range"),
        (RAW.format("9" * 39), "number_out_of_range"),
        (RAW.format("-" + "9" * 5000), "number_out_of_range"),
        (RAW.format("1e999"), "number_out_of_range"),
        (RAW.format("1e126"), "number_out_of_range"),
        (RAW.format("1e-131"), "number_out_of_range"),
        (message("x" * MAX_BYTES), "too_large"),
        (json.dumps({"x": "é" * (MAX_BYTES // 2)}, ensure_ascii=False), "too_large"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_code(body: str, code: str):
    with pytest.raises(NotAnEvent) as caught:
        parse(body)
    assert str(caught.value).startswith(f"{code}: ")


@pytest.mark.parametrize(
    "value",
    [
        nested(MAX_DEPTH),
        nested(MAX_DEPTH - 1, "漢🌅"),
        int("9" * 38),
        -1e125,
        1e-130,
        0.0,
        -0.0,
        "\U0010ffff",
    ],
)
def test_what_passes_can_be_kept_and_carried_in_a_failure(value: Any):
    envelope = parse(message(value))
    assert json.loads(canonical_json(envelope)) == envelope
    canonical_json(envelope).encode()
    marshal(value)
    failure = {
        "source": "s",
        "detail-type": "ProcessingFailed",
        "detail": {"data": {"failed_event": envelope}},
    }
    assert parse(canonical_json(failure)) == failure
