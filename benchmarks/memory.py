"""`python -m benchmarks.memory`: how long each function takes at several memory sizes, and what that costs.

Lambda allocates CPU in proportion to memory, with one whole vCPU at 1,769 MB
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). Here a process gets that share of a
core: within each 20 ms it runs for the share and is stopped for the rest. Image functions do one 12 MP JPEG,
warm; the others start cold, because warm they only wait for the network.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import coldstart
from benchmarks.environment import BENCH, ROOT
from benchmarks.inputs import CASES, prepare

SIZES = (256, 512, 1024, 1769, 3008)
PERIOD_SECONDS = 0.02
ROUNDS = 3
PRICES = ROOT / "cli" / "imagebus_cli" / "measure" / "prices.json"
IMAGE_WORK = {
    "validator": "validate(data, Limits(cpu_seconds=60, wall_seconds=60))",
    "thumbnailer": "thumbnails(data, ((1280, 1280), (640, 480), (320, 320), (100, 100)))",
    "watermarker": "watermark(data, Watermark(text='imagebus', max_side=2048))",
    "metadata": "describe(data)",
    "labels": "analysis_jpeg(data)",
}
_ENGINE = """
import sys
from pathlib import Path
from imagebus.recipes.model import Watermark
from imagebus_imaging import *
data = Path({file!r}).read_bytes()
{work}
"""
_JOB = """
{prepare}
import sys, time
print("ready", flush=True)
sys.stdin.readline()
_started = time.perf_counter()
{work}
print(time.perf_counter() - _started)
"""


def share_of_a_core(memory_mb: int) -> float:
    """The share of one CPU that a function of this size gets; ours cannot use more than one."""
    return min(1.0, memory_mb / 1769)


def jobs(photo: Path) -> Iterator[tuple[str, str]]:
    """Function -> a script that prepares, waits for a line, works, and prints its seconds."""
    for name, work in IMAGE_WORK.items():
        yield name, _JOB.format(prepare=_ENGINE.format(file=str(photo), work=work), work=work)
    cold = coldstart.scripts()
    for name in ("ingest", "recorder", "notifier", "cleaner", "failures"):
        yield f"{name}, cold", _JOB.format(prepare="", work=cold[name])


def milliseconds(script: str, share: float, environment: Mapping[str, str]) -> float:
    """The wall time of the script's work in a process that gets this share of a core."""
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,  # its children are stopped with it
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        with _given(share, process.pid):
            process.stdin.write("\n")
            process.stdin.flush()
            answer = process.stdout.readline()
    return float(answer) * 1000


@contextmanager
def _given(share: float, group: int) -> Iterator[None]:
    if share >= 1:
        yield
        return
    over = threading.Event()

    def duty() -> None:
        # A late wake-up gives too much CPU time: a third at 256 MB. The next periods take it back.
        began, ran = time.perf_counter(), 0.0
        while True:
            continued = time.perf_counter()
            if over.wait(PERIOD_SECONDS * share):
                return
            os.killpg(group, signal.SIGSTOP)
            ran += time.perf_counter() - continued
            time.sleep(max(0.0, ran / share - (time.perf_counter() - began)))
            os.killpg(group, signal.SIGCONT)

    thread = threading.Thread(target=duty)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def sweep() -> Iterator[tuple[str, list[float]]]:
    """Function -> median milliseconds at each size."""
    (case,) = (case for case in CASES if case.name == "jpeg-12mp-baseline")
    photo = prepare(BENCH / "images", (case,))[case.name]
    paths = [ROOT / "layers" / "core", ROOT / "layers" / "imaging", *sorted((ROOT / "services").iterdir())]
    with TemporaryDirectory() as bytecode:
        where = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONPYCACHEPREFIX": bytecode}
        environment = coldstart.environment_of("thumbnailer") | where
        for name, script in jobs(photo):
            milliseconds(script, 1, environment)  # compiles the bytecode
            yield (
                name,
                [
                    statistics.median(
                        milliseconds(script, share_of_a_core(size), environment) for _ in range(ROUNDS)
                    )
                    for size in SIZES
                ],
            )


def table(rows: Sequence[tuple[str, list[float]]], gb_second: float) -> Iterator[str]:
    """Milliseconds per run, and dollars per million runs."""
    yield "| function | " + " | ".join(f"{size:,} MB" for size in SIZES) + " |"
    yield "|---" * (len(SIZES) + 1) + "|"
    for name, found in rows:
        costs = [ms * 1000 * size / 1024 * gb_second for ms, size in zip(found, SIZES, strict=True)]
        cells = (f"{ms:,.0f} ms, ${cost:.2f}" for ms, cost in zip(found, costs, strict=True))
        yield f"| {name} | " + " | ".join(cells) + " |"


def main() -> int:
    price = json.loads(PRICES.read_text(encoding="utf-8"))["regions"]["us-east-1"]["lambda_gb_second"]
    for line in table(list(sweep()), price):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
