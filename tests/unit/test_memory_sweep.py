"""The memory sweep: the CPU share of each memory size, and what its time costs."""

from __future__ import annotations

import os

import pytest

from benchmarks.memory import PERIOD_SECONDS, SIZES, milliseconds, share_of_a_core, table


def test_a_size_is_given_its_share_and_no_more_than_one_core() -> None:
    assert share_of_a_core(1769) == share_of_a_core(3008) == 1
    assert share_of_a_core(256) == pytest.approx(256 / 1769)


def test_a_million_of_them_cost_their_gigabyte_seconds() -> None:
    (*_, row) = table([("thumbnailer", [100.0] * len(SIZES))], gb_second=0.00001)
    assert row.startswith("| thumbnailer | 100 ms, $0.25 | 100 ms, $0.50 | 100 ms, $1.00 |")


def test_a_process_that_is_stopped_again_and_again_still_answers() -> None:
    wait = f"import time; time.sleep({PERIOD_SECONDS * 10})"
    script = f"import sys; print(); sys.stdin.readline(); {wait}; print(0.25)"
    assert milliseconds(script, 0.5, dict(os.environ)) == 250
