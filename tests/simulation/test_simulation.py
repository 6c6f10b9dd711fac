"""The simulator finds nothing in the real code, and a violation in each mutant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation import mutants
from tests.simulation.faults import Death
from tests.simulation.run import OTHERS, WHEN, run_deaths, run_seed

ROOT = Path(__file__).parents[2]
SEEDS = 2000
SLICES = 10


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logging.Logger.isEnabledFor", lambda _self, _level: False)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(SLICES))
def test_no_seed_breaks_an_invariant(part: int):
    size = SEEDS // SLICES
    outcomes = [run_seed(seed) for seed in range(part * size, (part + 1) * size)]
    assert {o.seed: o.violations for o in outcomes if o.violations} == {}
    assert sum(outcome.events for outcome in outcomes) > size


def test_a_seed_is_the_same_run_every_time():
    for seed in (2, 3, 5, 7, 11):
        assert run_seed(seed) == run_seed(seed)


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("function", ["recorder", *OTHERS])
def test_a_death_at_any_side_effect_loses_nothing(function: str, when: str):
    """A function may die at any side effect, tested for every one of them with one upload."""
    # Plus one for each that a second attempt may have; cleaner finds nothing to remove, so it has none.
    for number in range(run_deaths(0, frozenset()).side_effects.get(function, 0) + 1):
        outcome = run_deaths(0, frozenset({Death(function, number, when)}))
        assert outcome.violations == (), (function, number, when)


@pytest.mark.parametrize("name", list(mutants.MUTANTS))
def test_the_simulator_catches(name: str):
    run = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--seeds", "200", "--processes", "1", "--mutant", name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    assert run.stdout.startswith("seed "), run.stderr
