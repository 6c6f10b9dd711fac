"""The contract has every code of the engine: two lists, because the engine does not know about events."""

from __future__ import annotations

from typing import get_args

from imagebus.events.validator import RejectionCode
from imagebus_imaging import interface


def test_the_contract_has_the_engines_codes() -> None:
    assert set(get_args(RejectionCode)) == set(get_args(interface.Code))
