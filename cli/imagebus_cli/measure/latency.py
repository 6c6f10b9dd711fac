"""Measure how long an upload takes on the embedded AWS, from the PUT to the status item."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from textwrap import wrap

from imagebus.history.fold import Item
from imagebus_cli.demo import pictures
from imagebus_cli.demo.pictures import Picture
from imagebus_cli.local.running import local_stack
from imagebus_cli.output import terminal
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.uploads import tracking as uploads

BATCH = 50
LARGE = "camera/12 megapixels.jpg"
PATIENCE = 180.0
#: Characters in a line of the page.
WIDTH = 118


@dataclass
class Measurement:
    """Seconds; `cold` is None if the stack was already running. `items` belong to the warm single runs."""

    cold: float | None = None
    warm: list[float] = field(default_factory=list)
    single: list[float] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    #: The status items of one warm batch.
    batch: list[Item] = field(default_factory=list)


def run(*, port: int | None, runs: int, batches: int) -> Measurement:
    """Measure. Raises Problem if an image has an unexpected outcome."""
    with terminal.step("sample images generated"):
        samples = pictures.samples()
    measured = Measurement()
    with local_stack(port) as local:
        if local.fresh:
            with terminal.step(f"{BATCH} images at once, cold"):
                measured.cold, _ = _batch(local.stack, samples, "cold")
        else:
            terminal.console.print("It was already running, so there is no cold measurement.")
            _batch(local.stack, samples, "warm-up")
        with terminal.step(f"{batches} times {BATCH} images at once, warm"):
            for number in range(batches):
                seconds, measured.batch = _batch(local.stack, samples, f"warm-{number}")
                measured.warm.append(seconds)
        large = next(sample for sample in samples if sample.key == LARGE)
        with terminal.step(f"{runs} times one 12 MP JPEG, warm"):
            _single(local.stack, large, "single-warm-up")
            for number in range(runs):
                seconds, item = _single(local.stack, large, f"single-{number}")
                measured.single.append(seconds)
                measured.items.append(item)
    return measured


def _batch(stack: Stack, samples: Sequence[Picture], folder: str) -> tuple[float, list[Item]]:
    """Seconds from the first PUT until the last of the mixed images is completed or rejected."""
    chosen = [samples[number % len(samples)] for number in range(BATCH)]
    objects = {f"{_run_name(folder)}/{number}/{each.key}": each for number, each in enumerate(chosen)}
    started = time.monotonic()
    put = uploads.put_all(stack, {key: each.read for key, each in objects.items()}, parallel=16)
    items = uploads.wait(stack, put, patience=PATIENCE, pause=0.2)
    seconds = time.monotonic() - started
    wrong = [key for key, each in objects.items() if items.get(key, {}).get("status") != each.expected]
    if wrong:
        raise Problem(f"{len(wrong)} of {BATCH} images had an unexpected outcome, first {wrong[0]!r}.")
    return seconds, list(items.values())


def _single(stack: Stack, picture: Picture, folder: str) -> tuple[float, Item]:
    """Seconds from the start of the PUT until a reader of the table sees `completed`."""
    data = picture.read()
    read: Callable[[], bytes] = lambda: data  # noqa: E731 - reading is not part of the measurement
    started = time.monotonic()
    put = uploads.put_all(stack, {f"{_run_name(folder)}/{picture.key}": read})
    items = uploads.wait(stack, put, patience=PATIENCE, pause=0.02)
    seconds = time.monotonic() - started
    item = items.get(put[0].key)
    if item is None or item["status"] != "completed":
        raise Problem(
            "The 12 MP JPEG was not completed.", "See imagebus local status, and .imagebus/emulator.log"
        )
    return seconds, item


def _run_name(folder: str) -> str:
    """A folder that no earlier run has used, so that nothing is overwritten."""
    return f"latency/{time.time_ns():x}-{folder}"


def report(measured: Measurement) -> str:
    """The Markdown page."""
    cold = f"{measured.cold:.1f} s" if measured.cold is not None else "not measured"
    warm = f"{min(measured.warm):.1f}–{max(measured.warm):.1f} s"
    median = statistics.median(measured.single)
    spread = f"{min(measured.single):.2f}–{max(measured.single):.2f} s"
    lines = [
        "# Latency on the embedded AWS",
        "",
        *wrap(
            "Written by `make latency`: from the first PUT until the table says `completed` or `rejected`,"
            " polled from outside. On AWS, cold starts and queue polling differ; the stages are the same. The"
            " last column is a public pipeline with an orchestrator and a third of these stages, which was"
            " measured once, also on two cores of an emulator.",
            WIDTH,
        ),
        "",
        f"{_machine()}, {datetime.now(UTC):%Y-%m-%d}.",
        "",
        "| what | measured | with an orchestrator |",
        "|---|---|---|",
        f"| one warm 12 MP JPEG, median of {len(measured.single)} | {median:.2f} s ({spread}) | 0.395 s |",
        f"| {BATCH} mixed images at once, cold | {cold} | 74.9 s |",
        f"| {BATCH} mixed images at once, warm, {len(measured.warm)} times | {warm} | 3.3–6.7 s |",
        "",
        *wrap(
            "Where the time goes: medians for the warm 12 MP JPEG, and sums over the images of a warm batch,"
            " which share the cores.",
            WIDTH,
        ),
        "",
        "| stage | 12 MP: after its cause | 12 MP: in the function | batch: in the function |",
        "|---|---|---|---|",
        *_stages(measured.items, measured.batch),
        "",
    ]
    return "\n".join(lines)


def _stages(items: Sequence[Item], batch: Sequence[Item]) -> list[str]:
    rows = []
    stages = items[-1]["stages"] if items else {}
    for name, stage in sorted(stages.items(), key=lambda pair: str(pair[1]["at"])):
        waited = [item["stages"][name]["ms"] for item in items if "ms" in item["stages"].get(name, {})]
        billed = [item["stages"][name].get("billed_ms", 0) for item in items if name in item["stages"]]
        after = f"{statistics.median(waited):.0f} ms" if waited else ""
        own = f"{statistics.median(billed):.0f} ms" if any(billed) else ""
        total = sum(item["stages"].get(name, {}).get("billed_ms", 0) for item in batch)
        rows.append(f"| {name} → {stage['event']} | {after} | {own} | {total / 1000:.1f} s |")
    return rows


def _machine() -> str:
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {system}, Python {platform.python_version()}"
