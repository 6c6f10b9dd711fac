"""The measured rows and the targets as Markdown tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.targets import Row, Rows, by_case, verdicts

ENGINES = (
    "imagebus", "imagebus-fallback", "naive", "pyvips", "pyvips-chained", "sharp", "sharp-chained", "floor",
)  # fmt: skip


def write_table(results: Mapping[str, Any], path: Path) -> None:
    rows, machine = by_case(results), results["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    lines = [
        "# The image engine, measured",
        "",
        "Written by `make bench`. CPU milliseconds (all threads, median of interleaved runs) from bytes in",
        "memory to four thumbnails (1280 wide, 640x480, 320, 100) as bytes. A fresh process's peak memory in",
        "MB is in brackets. `floor` only decodes at the needed scale and encodes. docs/imaging.md (Limits of",
        "speed) says which targets are out of reach, and why.",
        "",
        (
            f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}, {packages}; "
            f"rounds: {results['rounds']}"
        ),
        *([f"Note: {results['note']}."] if "note" in results else []),
        "",
        *_engine_table(rows, lambda row: f"{row['cpu_ms']:.0f} ({row['peak_mb']:.0f})"),
        "",
        "## Targets",
        "",
        *_header("", "measured", "at most", ""),
        *(
            f"| {v.what} | {v.measured:.3f} | {v.limit:.3f} | {'met' if v.met else '**missed**'} |"
            for v in verdicts(rows)
        ),
        "",
        "## SSIM and bytes",
        "",
        *_engine_table(rows, _quality),
        "",
        "## Validation",
        "",
        "CPU milliseconds: the draft decode (JPEG at 1/8, PNG inflated, the others whole), the child process",
        "around it, and the rest (structure walk, limits, SHA-256), also as a share of thumbnailing.",
        "",
        *_header("", "all", "decode", "child process", "rest", "rest / thumbnails", "peak MB"),
        *_validation(rows),
        "",
        "## Cold start",
        "",
        *_header("handler", "CPU ms of imports and clients", "of everything eager"),
        *(
            f"| {engine} | {row['cpu_ms']:.0f} | {row['of_eager']:.0%} |"
            for (case, engine), row in rows.items()
            if case == "cold-start"
        ),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _header(*names: str) -> list[str]:
    return ["| " + " | ".join(names) + " |", "|---" * len(names) + "|"]


def _engine_table(rows: Rows, cell: Callable[[Row], str]) -> Iterator[str]:
    engines = [engine for engine in ENGINES if any(name == engine for _, name in rows)]
    cases: Sequence[str] = list(dict.fromkeys(case for case, engine in rows if engine == "naive"))
    yield from _header("", *engines)
    for case in cases:
        found = [rows.get((case, engine)) for engine in engines]
        yield f"| {case} | " + " | ".join(cell(row) if row else "" for row in found) + " |"


def _quality(row: Row) -> str:
    return f"{row['ssim']:.4f}, {row['bytes'] / 1000:.0f} kB" if row["ssim"] is not None else ""


def _validation(rows: Rows) -> Iterator[str]:
    for (case, _), row in rows.items():
        if case.startswith("validation-"):
            cells = [f"{row[name]:.1f}" for name in ("cpu_ms", "decode_ms", "process_ms", "rest_ms")]
            cells += [f"{row['rest_share']:.1%}" if "rest_share" in row else "", f"{row['peak_mb']:.0f}"]
            yield f"| {case.removeprefix('validation-')} | " + " | ".join(cells) + " |"
