"""`python -m benchmarks.engine`: the image engine and its competitors, side by side, interleaved.

Writes benchmarks/results.json, benchmarks/RESULTS.md and benchmarks/chart.png. CPU time covers all threads
and children. Peak memory is that of a fresh process. SSIM compares with a Lanczos filter on the fully decoded
source.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import coldstart
from benchmarks.chart import write_chart
from benchmarks.environment import BENCH, ROOT, install, machine
from benchmarks.inputs import CASES, OTHERS, prepare
from benchmarks.photographs import photographs
from benchmarks.processes import Worker, peak_mb, similarity
from benchmarks.report import ENGINES, write_table
from benchmarks.targets import PIPELINE, VARIANTS, targeted

# Only those that can read the format at all. Pillow reads HEIC with pillow-heif alone.
READERS = {
    "avif-12mp": ("imagebus", "naive", "pyvips-chained", "sharp-chained"),
    "heic-12mp": ("imagebus", "naive"),
}
# What an upload costs, each in a process of its own, as each is a function of its own.
STAGES = ("validation", "imagebus", "watermark", "metadata", "labels")
VARIANT_ENGINES = ("variants", "variants-floor", "cover-centre", "cover-entropy", "cover-faces")
RESULTS = ROOT / "benchmarks" / "results.json"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="only cases whose name contains this; writes nothing")
    parser.add_argument("--quick", action="store_true", help="only the cases that have a target")
    parser.add_argument("--no-cold-start", action="store_true")
    asked = parser.parse_args()
    missing = install()
    for reason in missing.values():
        print(f"left out: {reason}", file=sys.stderr)
    engines = [engine for engine in (*ENGINES, "pipeline-floor") if engine.split("-")[0] not in missing]
    with_similarity = "pyvips" not in missing  # numpy comes with it
    files = prepare(BENCH / "images", CASES)
    files = (
        {name: files[name] for name in targeted()}
        if asked.quick
        else {**files, **photographs(BENCH / "photographs")}
    )
    files = {name: path for name, path in files.items() if asked.only in name}
    rows: list[dict[str, Any]] = []
    results = {"machine": machine(), "rounds": asked.rounds, "missing": missing, "rows": rows}
    others = prepare(BENCH / "images", OTHERS)
    for case, path in {**files, **{name: others[name] for name in READERS if asked.only in name}}.items():
        print(case, file=sys.stderr, flush=True)
        chosen = [engine for engine in engines if engine in READERS.get(case, engines)]
        if case != PIPELINE:
            chosen = [engine for engine in chosen if not engine.startswith("pipeline")]
        similar = with_similarity and case not in READERS
        rows += compare(case, path, chosen, asked.rounds, with_similarity=similar)
        if case == PIPELINE:
            rows.append(pipeline(compare(case, path, list(STAGES), asked.rounds, with_similarity=False)))
    if asked.only in VARIANTS:
        path = prepare(BENCH / "images", CASES)[PIPELINE]
        rows += compare(VARIANTS, path, list(VARIANT_ENGINES), asked.rounds, with_similarity=False)
    rows += validation({**files, **others}, rows, asked.rounds, asked.only)
    if not asked.only:
        write(results)
    if not asked.no_cold_start:
        rows += cold_starts(asked.rounds)
    for row in rows:
        print(json.dumps(row))
    if not asked.only:
        write(results)
    return 0


def write(results: dict[str, Any]) -> None:
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    write_table(results, RESULTS.with_name("RESULTS.md"))
    write_chart(results, RESULTS.with_name("chart.png"))


def compare(
    case: str, path: Path, engines: list[str], rounds: int, *, with_similarity: bool
) -> list[dict[str, Any]]:
    """One row per engine: median CPU milliseconds, peak megabytes, SSIM, bytes written."""
    spent: dict[str, list[float]] = {engine: [] for engine in engines}
    written: dict[str, int] = {}
    scores: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        workers = {engine: stack.enter_context(Worker(engine)) for engine in engines}
        prefixes = {engine: Path(folder, engine) for engine in engines}
        for engine, worker in workers.items():  # a first round loads the libraries; its outputs are kept
            written[engine] = worker.run(path, prefixes[engine])["bytes"]
        for _ in range(rounds):
            for engine, worker in workers.items():
                spent[engine].append(worker.run(path)["cpu_ms"])
        if with_similarity:
            scores = dict(zip(engines, similarity(path, list(prefixes.values())), strict=True))
    return [
        {
            "case": case,
            "engine": engine,
            "cpu_ms": round(statistics.median(spent[engine]), 1),
            "peak_mb": round(peak_mb(engine, path), 1),
            "ssim": scores.get(engine),
            "bytes": written[engine],
        }
        for engine in engines
    ]


def pipeline(stages: list[dict[str, Any]]) -> dict[str, Any]:
    """One row for all stages of an upload."""
    return {
        **stages[0],
        "engine": "pipeline",
        "cpu_ms": round(sum(row["cpu_ms"] for row in stages), 1),
        "peak_mb": max(row["peak_mb"] for row in stages),
        "bytes": sum(row["bytes"] for row in stages),
        "stages": {row["engine"]: row["cpu_ms"] for row in stages},
    }


def validation(
    files: dict[str, Path], rows: list[dict[str, Any]], rounds: int, only: str
) -> list[dict[str, Any]]:
    """The cost of validation: the decode, the child process around it, and the rest (walk, limits, hash)."""
    found = []
    thumbnailing = {row["case"]: row["cpu_ms"] for row in rows if row["engine"] == "imagebus"}
    parts = ("validation", "rest", "draft")
    with ExitStack() as stack:
        workers = {part: stack.enter_context(Worker(part)) for part in parts}
        for case, path in files.items():
            if only not in case:
                continue
            spent: dict[str, list[float]] = {part: [] for part in parts}
            for turn in range(rounds + 1):
                for part, worker in workers.items():
                    cost = worker.run(path)["cpu_ms"]
                    if turn:
                        spent[part].append(cost)
            whole, rest, decode = (statistics.median(spent[part]) for part in parts)
            row = {
                "case": f"validation-{case}",
                "engine": "imagebus",
                "cpu_ms": round(whole, 1),
                "peak_mb": round(peak_mb("validation", path), 1),
                "ssim": None,
                "decode_ms": round(decode, 1),
                "process_ms": round(whole - rest - decode, 1),
                "rest_ms": round(rest, 2),
            }
            if case in thumbnailing:
                row["rest_share"] = round(rest / thumbnailing[case], 3)
                row["added_share"] = round((whole - decode) / thumbnailing[case], 3)
            found.append(row)
    return found


def cold_starts(rounds: int) -> list[dict[str, Any]]:
    spent = coldstart.measure([*coldstart.HANDLERS, coldstart.EAGER], rounds)
    return [
        {
            "case": "cold-start",
            "engine": name,
            "cpu_ms": round(found, 1),
            "peak_mb": None,
            "ssim": None,
            "of_eager": round(found / spent[coldstart.EAGER], 3) if coldstart.EAGER in spent else None,
        }
        for name, found in spent.items()
    ]


if __name__ == "__main__":
    sys.exit(main())
