"""`python -m tests.fuzz.mutate --count 100000 [--seed N] [--jobs 2]`: breaks valid files and validates them.

Every mutation must end validated or rejected with a declared code, within the limits, the process alive; and
what is validated must give thumbnails, a watermarked image and a description. Files that do not are kept.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from imagebus.image_types import SourceFormat
from imagebus.recipes.model import Watermark
from imagebus_imaging import Limits, Rejected, describe, thumbnails, validate, watermark
from imagebus_imaging.interface import Code
from imagebus_imaging.sandbox import DecoderStalled, run_child
from tests.fuzz.mutations import mutation

#: All formats, also those that are not accepted by default.
LIMITS = Limits(formats=frozenset(get_args(SourceFormat)))
_CODES = frozenset(get_args(Code))
_KEPT = Path(".tmp/fuzz")
_SLOW_SECONDS = 2.0
_BATCH = 500


@dataclass(frozen=True)
class Finding:
    """A mutation with a wrong outcome."""

    seed: int
    number: int
    name: str
    problem: str


def judge(data: bytes) -> tuple[str, str | None]:
    """The outcome, and what is wrong with it, if anything."""
    started = time.process_time()
    try:
        validate(data, LIMITS)
        outcome = "validated"
    except Rejected as refusal:
        outcome = refusal.code
    except DecoderStalled:
        outcome = "stalled"  # the machine was busy; the queue would retry
    # Anything else is a finding.
    except BaseException as error:  # noqa: BLE001
        return "fault", f"{type(error).__name__}: {error}"
    if outcome not in _CODES | {"validated", "stalled"}:
        return outcome, "not a declared code"
    if time.process_time() - started > _SLOW_SECONDS:
        return outcome, f"{time.process_time() - started:.1f} s of CPU time in the parent"
    return outcome, _derive(data) if outcome == "validated" else None


def _derive(data: bytes) -> str | None:
    """A validated file must be usable. Runs in a child process, so that a crash is a finding."""
    child = run_child(lambda: _made(data), Limits(cpu_seconds=20, wall_seconds=60))
    if child.answer is None:
        return f"deriving ended with signal {child.signal}"
    if "result" in child.answer:
        return None
    return f"deriving: {child.answer}"


def _made(data: bytes) -> Mapping[str, Any]:
    made = [
        *thumbnails(data, [(32, 32), (9, 9)], animated=True),
        watermark(data, Watermark(text="imagebus", max_side=64)),
    ]
    found = describe(data)
    return {"made": len(made), "phash": found.phash}


def run(seed: int, numbers: Iterable[int]) -> tuple[collections.Counter[str], list[Finding]]:
    """The number of each outcome, and the findings."""
    outcomes: collections.Counter[str] = collections.Counter()
    findings = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's about broken EXIF
        for number in numbers:
            name, data = mutation(seed, number)
            outcome, problem = judge(data)
            outcomes[outcome] += 1
            if problem:
                findings.append(Finding(seed, number, name, problem))
    return outcomes, findings


def _batches(count: int) -> Iterator[range]:
    for start in range(0, count, _BATCH):
        yield range(start, min(count, start + _BATCH))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    started = time.monotonic()
    outcomes: collections.Counter[str] = collections.Counter()
    findings: list[Finding] = []
    with ProcessPoolExecutor(asked.jobs) as pool:
        for counted, found in pool.map(
            run, *zip(*((asked.seed, b) for b in _batches(asked.count)), strict=True)
        ):
            outcomes += counted
            findings += found
    for finding in findings:
        _KEPT.mkdir(parents=True, exist_ok=True)
        kept = _KEPT / f"{finding.seed}-{finding.number}-{finding.name}"
        kept.write_bytes(mutation(finding.seed, finding.number)[1])
        print(f"{kept}: {finding.problem}")
    print(
        f"{outcomes.total()} mutations in {time.monotonic() - started:.0f} s: {dict(outcomes.most_common())}"
    )
    print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
