"""`python -m tests.simulation.mutants [--sample 50 --seed S] [--module NAME]`: fails if a mutant survives.

Each mutant meets the unit and integration tests of its module, and then some seeds of the simulator. Those
that are known to change nothing are listed in equivalents.json with the reason.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from tests.simulation.mutants.mistakes import MISTAKES
from tests.simulation.mutants.sites import Mutant, mutants_of
from tests.simulation.mutants.targets import TESTS, modules
from tests.simulation.mutants.trial import (
    Make,
    Trial,
    by_simulation,
    by_tests,
    during_import,
    imported,
    preload,
)

#: A mutant, what makes it, and the tests of its module.
Chosen = tuple[Mutant, Make, tuple[str, ...]]

EQUIVALENTS = Path(__file__).parent / "equivalents.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutants", description=__doc__)
    parser.add_argument("--module", default="", help="only modules with this in their names, or this,that")
    parser.add_argument("--only", default="", help="only the mutant of this id")
    parser.add_argument("--sample", type=int, help="only this many of them, chosen at random")
    parser.add_argument("--seed", type=int, default=0, help="the seed of that choice (0)")
    parser.add_argument("--allow", type=int, default=0, help="so many may survive before it fails (0)")
    parser.add_argument("--limit", type=float, default=float("inf"), help="start none after so many seconds")
    parser.add_argument("--seeds", type=int, default=100, help="simulator runs for each (100)")
    parser.add_argument("--most", type=float, default=10, help="seconds of tests for each; 0: all (10)")
    parser.add_argument(
        "--mistakes", action="store_true", help="the mistakes with a meaning, for the simulator alone"
    )
    parser.add_argument("--part", default="0/1", help="only the n-th of so many parts, as 0/4")
    parser.add_argument("--again", type=Path, help="only the survivors that are in this file")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="the tests that mutants in functions meet")
    parser.add_argument("--list", action="store_true", help="print the mutants, and run nothing")
    parser.add_argument("--survivors", type=Path, help="also append the survivors to this file")
    arguments = parser.parse_args()
    if arguments.mistakes:
        return mistakes(arguments.only, arguments.seeds)
    known = json.loads(EQUIVALENTS.read_text())
    chosen = [
        (mutant, make, tests)
        for module, path, tests in modules()
        if any(part in module for part in arguments.module.split(","))
        for mutant, make in mutants_of(module, path)
        if mutant.id not in known and arguments.only in mutant.id
    ]
    if arguments.again:
        again = set(arguments.again.read_text().split())
        chosen = [each for each in chosen if each[0].id in again]
    if arguments.sample is not None:
        chosen = Random(arguments.seed).sample(chosen, min(arguments.sample, len(chosen)))
    part, parts = map(int, arguments.part.split("/"))
    chosen = chosen[part::parts]
    if arguments.list:
        for mutant, _, _ in chosen:
            print(mutant)
        print(f"{len(chosen)} mutants, {len(known)} known equivalents")
        return 0
    started, verdicts, survivors = time.monotonic(), Counter[str](), []
    for mutant, verdict in judged(chosen, arguments.tests, arguments.seeds, arguments.most):
        if verdict == "survived":
            survivors.append(mutant)
            print(f"SURVIVED {mutant}", flush=True)
            if arguments.survivors:
                with arguments.survivors.open("a") as file:
                    file.write(f"{mutant}\n")
        verdicts[verdict] += 1
        if time.monotonic() - started > arguments.limit:
            break
    figures = ", ".join(f"{count} {name}" for name, count in verdicts.most_common())
    seconds = time.monotonic() - started
    print(f"{verdicts.total()} of {len(chosen)} mutants: {figures or 'none'}; {seconds:.0f} s")
    return 1 if verdicts["survived"] > arguments.allow else 0


def judged(
    chosen: Sequence[Chosen], tests: Sequence[str], seeds: int, most: float
) -> Iterator[tuple[Mutant, str]]:
    """Each mutant and who noticed it: first the tests, then the simulator."""
    paths = list(dict.fromkeys(path for _, path, _ in modules()))
    names = [module for module, _, _ in modules()]
    preload(names)
    early = during_import(names, paths)
    quick = {
        mutant.id: (mutant, make)
        for mutant, make, _ in chosen
        if mutant.called and not any((str(mutant.path), line) in early for line in mutant.lines)
    }
    left: list[Chosen] = [each for each in chosen if each[0].id not in quick]
    tests_of = {mutant.id: tests for mutant, _, tests in chosen}
    survivors: list[Trial] = []
    if quick:
        for name, verdict in by_tests([*quick.values()], tests, paths, most):
            mutant, make = quick[name]
            if verdict == "import":
                left.append((mutant, make, tests_of[name]))
            elif verdict == "survived" and seeds:
                survivors.append((mutant, make))
            else:
                yield mutant, verdict
    for name, verdict in by_simulation(survivors, paths, seeds) if survivors else ():
        mutant, make = quick[name]
        if verdict == "import":
            left.append((mutant, make, ()))
        else:
            yield mutant, verdict
    for mutant, make, own in left:
        verdict = imported(mutant.module, make(), own, 0) if own else "survived"
        if verdict == "survived" and seeds:
            verdict = imported(mutant.module, make(), (), seeds)
        yield mutant, verdict


def mistakes(only: str, seeds: int) -> int:
    missed = 0
    for mistake in MISTAKES:
        if only in mistake.name:
            verdict = imported(mistake.module, mistake.tree(), (), seeds, mistake.mode)
            missed += verdict == "survived"
            print(f"{verdict:12} {mistake.name} (mode {mistake.mode})", flush=True)
    print(f"{missed} mistakes were not noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
