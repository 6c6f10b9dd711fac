"""The simulator finds nothing in the real code, and a mistake in it when there is one."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from tests.simulation import __main__ as program
from tests.simulation import coverage
from tests.simulation.faults import Death
from tests.simulation.modes import MODES, mode_of
from tests.simulation.mutants.mistake import Mistake
from tests.simulation.mutants.mistakes import MISTAKES
from tests.simulation.mutants.sites import mutants_of
from tests.simulation.mutants.targets import ROOT, modules
from tests.simulation.run import OTHERS, WHEN, SeedReport, run_deaths, run_seed

#: The sum of all modes' shares, so that each mode has its own; `make simulate` runs 2,000.
SEEDS = 115
SLICES = 2


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logging.Logger.isEnabledFor", lambda _self, _level: False)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(SLICES))
def test_no_seed_breaks_an_invariant(part: int):
    outcomes = [run_seed(seed) for seed in range(part, SEEDS, SLICES)]
    assert {(o.mode, o.seed): o.violations for o in outcomes if o.violations} == {}
    assert sum(outcome.events for outcome in outcomes) > len(outcomes)


def test_every_mode_has_its_share_of_the_seeds():
    assert {mode_of(seed) for seed in range(SEEDS)} == MODES.keys()


@pytest.mark.parametrize("mode", ["rough", "skew", "stale", "lost messages"])
def test_a_seed_is_the_same_run_every_time(mode: str):
    assert run_seed(7, mode) == run_seed(7, mode)


@pytest.mark.parametrize(
    ("mode", "seed"),
    [
        pytest.param("liveness", 1128, id="a fact reached the log late"),
        pytest.param("liveness", 1216, id="a fact was published again"),
        pytest.param("replays", 1210, id="the only news is in quarantine"),
        pytest.param("holes", 1515, id="the archive lost the first form"),
    ],
)
def test_runs_that_once_seemed_to_break_an_invariant(mode: str, seed: int):
    """docs/invariants.md says why they do not."""
    assert run_seed(seed, mode).violations == ()


def test_a_run_ends_even_if_nobody_ever_hears_of_a_deletion():
    assert run_seed(5098, "lost messages").violations == ()


def test_a_branch_that_no_run_took_fails_the_whole(capsys: pytest.CaptureFixture[str]):
    taken = dict.fromkeys((*coverage.BRANCHES, *coverage.ELSEWHERE), 1)
    report = SeedReport(0, "calm", (), 1, {}, taken, "")
    assert program.summary([report], complete=True) == 0
    missing = replace(report, seen=taken | {"claim lapsed": 0})
    assert program.summary([missing], complete=False) == 0
    assert program.summary([missing], complete=True) == 1
    assert "never taken: claim lapsed" in capsys.readouterr().out


@pytest.mark.parametrize(("first", "code"), [(0, 1), (1, 0)])
def test_only_the_first_seeds_have_to_take_every_branch(
    monkeypatch: pytest.MonkeyPatch, first: int, code: int
):
    """Any others take the rarest by chance."""
    report = SeedReport(0, "calm", (), 1, {}, {}, "")
    monkeypatch.setattr(program, "run", lambda *_: [report])
    monkeypatch.setattr(sys, "argv", ["simulation", "--first", str(first)])
    assert program.main() == code


@pytest.mark.parametrize("when", WHEN)
@pytest.mark.parametrize("function", ["recorder", *OTHERS])
def test_a_death_at_any_side_effect_loses_nothing(function: str, when: str):
    """A function may die at any side effect, tested for every one of them with one upload."""
    # Plus one for each that a second attempt may have; cleaner finds nothing to remove, so it has none.
    for number in range(run_deaths(0, frozenset()).side_effects.get(function, 0) + 1):
        outcome = run_deaths(0, frozenset({Death(function, number, when)}))
        assert outcome.violations == (), (function, number, when)


def test_mutants_are_made_of_every_module():
    for module, path, tests in modules():
        mutants = list(mutants_of(module, path))
        assert mutants, module
        compile(mutants[0][1](), path, "exec")
        assert tests, f"{module} has no tests of its own"
        assert len({mutant.id for mutant, _ in mutants}) == len(mutants), module


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_every_mistake_can_still_be_made(mistake: Mistake):
    """Its text is the code's, which changes; `make mutants` says whether it is noticed."""
    compile(mistake.tree(), mistake.path, "exec")


@pytest.mark.slow
def test_a_mutant_is_caught():
    """The oldest revision counts instead of the newest: the kind of mistake that an own fold cannot see."""
    newest, oldest = "sorted(revisions.items(), reverse=True)", "sorted(revisions.items())"
    path = ROOT / "layers" / "core" / "imagebus" / "history" / "recorded.py"
    made = mutants_of("imagebus.history.recorded", path)
    (mutant,) = (each for each, _ in made if (each.before, each.after) == (newest, oldest))
    test = "tests/unit/history/test_fold.py::test_a_late_thumbnail_never_shows_in_a_newer_upload"
    command = [sys.executable, "-m", "tests.simulation.mutants", "--only", mutant.id, "--tests", test]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "1 of 1 mutants: 1 tests;" in run.stdout, run.stdout + run.stderr
