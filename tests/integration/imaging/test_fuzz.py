"""A slice of the mutations; `python -m tests.fuzz.mutate --count 100000` is the whole."""

from __future__ import annotations

import os
import random
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from imagebus_imaging import validate
from tests.fuzz.mutate import LIMITS, run
from tests.fuzz.mutations import mutation
from tests.fuzz.seeds import seeds

COUNT = int(os.environ.get("FUZZ_COUNT", "1500"))
SEED = int(os.environ.get("FUZZ_SEED", random.randrange(1 << 32)))


@pytest.mark.parametrize("name", sorted(seeds()))
def test_mutations_grow_on_valid_files(name: str) -> None:
    assert validate(seeds()[name], LIMITS).width in (32, 48, 64)


def test_a_mutation_can_be_made_again() -> None:
    assert [mutation(7, n) for n in range(20)] == [mutation(7, n) for n in range(20)]


@pytest.mark.slow
def test_no_mutation_gets_past_the_declared_outcomes() -> None:
    print(f"FUZZ_SEED={SEED}")
    # Most mutations fork, and forking a process with all the tests in it takes three times as long.
    with ProcessPoolExecutor(1, get_context("spawn")) as small:
        outcomes, findings = small.submit(run, SEED, range(COUNT)).result()
    assert not findings, f"FUZZ_SEED={SEED}: {findings[:5]}"
    assert outcomes["validated"] > COUNT // 50, "mutations that all die at once try nothing"
    assert outcomes["corrupt"] > COUNT // 4
