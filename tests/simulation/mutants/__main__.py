"""`python -m tests.simulation.mutants [--sample 50 --seed S] [--module NAME]`: fails if a mutant survives.

Each mutant meets the unit and integration tests of its module, and then some seeds of the simulator. Those
that are known to change nothing are listed in equivalents.json with the reason.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

os.environ.update(POWERTOOLS_LOG_LEVEL="CRITICAL", POWERTOOLS_SERVICE_NAME="simulation")

from tests.simulation.mutants.mistakes import MISTAKES
from tests.simulation.mutants.sites import mutants_of
from tests.simulation.mutants.targets import modules
from tests.simulation.mutants.trial import preload, trial

EQUIVALENTS = Path(__file__).parent / "equivalents.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutants", description=__doc__)
    parser.add_argument("--module", default="", help="only modules whose name contains this")
    parser.add_argument("--only", default="", help="only the mutant of this id")
    parser.add_argument("--sample", type=int, help="only this many of them, chosen at random")
    parser.add_argument("--seed", type=int, default=0, help="the seed of that choice (0)")
    parser.add_argument("--allow", type=int, default=0, help="so many may survive before it fails (0)")
    parser.add_argument("--limit", type=float, default=float("inf"), help="start none after so many seconds")
    parser.add_argument("--seeds", type=int, default=100, help="simulator runs for each (100)")
    parser.add_argument(
        "--mistakes", action="store_true", help="the mistakes with a meaning, for the simulator alone"
    )
    parser.add_argument("--part", default="0/1", help="only the n-th of so many parts, as 0/4")
    parser.add_argument("--list", action="store_true", help="print the mutants, and run nothing")
    parser.add_argument("--survivors", type=Path, help="also append the survivors to this file")
    arguments = parser.parse_args()
    if arguments.mistakes:
        return mistakes(arguments.only, arguments.seeds)
    known = json.loads(EQUIVALENTS.read_text())
    chosen = [
        (mutant, make, tests)
        for module, path, tests in modules()
        if arguments.module in module
        for mutant, make in mutants_of(module, path)
        if mutant.id not in known and arguments.only in mutant.id
    ]
    if arguments.sample is not None:
        chosen = Random(arguments.seed).sample(chosen, min(arguments.sample, len(chosen)))
    part, parts = map(int, arguments.part.split("/"))
    chosen = chosen[part::parts]
    if arguments.list:
        for mutant, _, _ in chosen:
            print(mutant)
        print(f"{len(chosen)} mutants, {len(known)} known equivalents")
        return 0
    preload([module for module, _, _ in modules()])
    for path, tests in dict.fromkeys((mutant.path, tests) for mutant, _, tests in chosen):
        module = next(mutant.module for mutant, _, _ in chosen if mutant.path == path)
        if (verdict := trial(module, ast.parse(path.read_text()), tests, 0)) != "survived":
            print(f"{module}: its tests fail without a mutant ({verdict})")
            return 1
    started, verdicts = time.monotonic(), Counter[str]()
    for mutant, make, tests in chosen:
        if time.monotonic() - started > arguments.limit:
            break
        verdict = trial(mutant.module, make(), tests, arguments.seeds)
        verdicts[verdict] += 1
        if verdict == "survived":
            print(f"SURVIVED {mutant}", flush=True)
            if arguments.survivors:
                with arguments.survivors.open("a") as file:
                    file.write(f"{mutant}\n")
    figures = ", ".join(f"{count} {name}" for name, count in verdicts.most_common())
    seconds = time.monotonic() - started
    print(f"{verdicts.total()} of {len(chosen)} mutants: {figures or 'none'}; {seconds:.0f} s")
    return 1 if verdicts["survived"] > arguments.allow else 0


def mistakes(only: str, seeds: int) -> int:
    missed = 0
    for mistake in MISTAKES:
        if only in mistake.name:
            verdict = trial(mistake.module, mistake.tree(), (), seeds, mistake.mode)
            missed += verdict == "survived"
            print(f"{verdict:12} {mistake.name} (mode {mistake.mode})", flush=True)
    print(f"{missed} mistakes were not noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
