"""`python -m tests.simulation [--mode NAME] [--seeds N] [--seed S]`: exits with 1 if an invariant broke."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

if __name__ == "__main__":  # not in a test's process: whatever it starts would be silent as well
    os.environ.update(POWERTOOLS_LOG_LEVEL="CRITICAL", POWERTOOLS_SERVICE_NAME="simulation")

from tests.simulation import coverage
from tests.simulation.modes import MODES

if TYPE_CHECKING:
    from tests.simulation.run import SeedReport

#: So many first seeds take every branch. Fewer or others take the rarest, one run in a thousand, by chance.
ENOUGH = 2000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument(
        "--mode", choices=MODES, help="only runs of this kind; otherwise all, by their shares"
    )
    parser.add_argument("--seeds", type=int, default=ENOUGH, help="how many runs (2000)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--seed", type=int, help="this one seed only")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    if arguments.seed is not None:
        seeds = range(arguments.seed, arguments.seed + 1)
    else:
        seeds = range(arguments.first, arguments.first + arguments.seeds)
    reports = run(seeds, arguments.mode, arguments.processes)
    whole = seeds.start == 0 and len(seeds) >= ENOUGH and arguments.mode is None
    return summary(reports, complete=whole)


def run(seeds: range, mode: str | None, processes: int) -> Iterator[SeedReport]:
    from tests.simulation.run import run_seed

    logging.disable(logging.CRITICAL)
    if processes == 1 or len(seeds) == 1:
        yield from (run_seed(seed, mode) for seed in seeds)
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from pool.imap_unordered(partial(run_seed, name=mode), seeds, chunksize=10)


def summary(reports: Iterable[SeedReport], *, complete: bool) -> int:
    started, done, events, failed = time.monotonic(), Counter[str](), 0, Counter[str]()
    seen = Counter[str]()
    for report in reports:
        done[report.mode] += 1
        events += report.events
        seen.update(report.seen)
        if report.violations:
            failed[report.mode] += 1
            print(f"seed {report.seed} ({report.fingerprint}): {len(report.violations)} violations")
            for violation in report.violations[:10]:
                print(f"  {violation}")
            print(
                f"  again: python -m tests.simulation --mode '{report.mode}' --seed {report.seed}", flush=True
            )
    print("\nmode             seeds  failed")
    for name, count in sorted(done.items()):
        print(f"{name:15} {count:6} {failed[name]:7}")
    print("\nbranch                                    taken")
    named = [*coverage.BRANCHES, *coverage.ELSEWHERE]
    for name in [*named, *sorted(seen.keys() - set(named))]:
        print(f"{name:38} {seen[name]:8}")
    never = coverage.never_taken(seen) if complete else []
    for name in never:
        print(f"never taken: {name}")
    total, seconds = sum(done.values()), time.monotonic() - started
    print(f"\n{total} seeds, {events} events, {sum(failed.values())} with violations, {seconds:.1f} s")
    return 1 if failed or never or not total else 0


if __name__ == "__main__":
    sys.exit(main())
