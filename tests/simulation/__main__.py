"""`python -m tests.simulation --seeds N [--seed S] [--mutant NAME]`: exits with 1 if an invariant broke."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator

os.environ.update(POWERTOOLS_LOG_LEVEL="CRITICAL", POWERTOOLS_SERVICE_NAME="simulation")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000, help="how many runs (2000)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--seed", type=int, help="this one seed only, with all that it says")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--mutant", help="break one line of the code first: it should be found")
    arguments = parser.parse_args()
    if arguments.mutant:
        from tests.simulation import mutants

        mutants.install(arguments.mutant)
    if arguments.seed is not None:
        seeds = range(arguments.seed, arguments.seed + 1)
    else:
        seeds = range(arguments.first, arguments.first + arguments.seeds)
    return report(run(seeds, arguments.processes), len(seeds), stop_at_first=bool(arguments.mutant))


def run(seeds: range, processes: int) -> Iterator:  # type: ignore[type-arg]
    from tests.simulation.run import run_seed

    logging.disable(logging.CRITICAL)
    if processes == 1 or len(seeds) == 1:
        yield from map(run_seed, seeds)
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from pool.imap_unordered(run_seed, seeds, chunksize=10)


def report(outcomes: Iterator, expected: int, *, stop_at_first: bool) -> int:  # type: ignore[type-arg]
    started, done, failed, events = time.monotonic(), 0, 0, 0
    for outcome in outcomes:
        done += 1
        events += outcome.events
        if outcome.violations:
            failed += 1
            print(f"seed {outcome.seed} ({outcome.fingerprint}): {len(outcome.violations)} violations")
            for violation in outcome.violations[:10]:
                print(f"  {violation}")
            print(f"  again: python -m tests.simulation --seed {outcome.seed}", flush=True)
            if stop_at_first:
                break
    seconds = time.monotonic() - started
    print(f"{done} seeds, {events} events, {failed} with violations, {seconds:.1f} s")
    return 1 if failed or not done else 0


if __name__ == "__main__":
    sys.exit(main())
