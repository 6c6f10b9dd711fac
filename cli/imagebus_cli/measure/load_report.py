"""A load run as Markdown, JSON and a chart."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from imagebus_cli.measure.load import LoadOutcome

WIDTH, HEIGHT, MARGIN = 720, 200, 40


def markdown(run: LoadOutcome, *, rate: float, soak: bool) -> str:
    memory, temporary = run.growth
    last = run.usage[-1] if run.usage else None
    rows = [
        ("uploaded", f"{run.uploaded}, {rate:g} per second"),
        (
            "final status",
            ", ".join(f"{count} {name}" for name, count in sorted(run.statuses.items())) or "none",
        ),
        ("lost or stuck", str(run.stuck)),
        ("never announced", str(run.unannounced)),
        ("announced twice", str(run.announced_twice)),
        (
            "upload to final status, p50 / p95 / p99",
            " / ".join(f"{run.percentile(p):.2f} s" for p in (0.5, 0.95, 0.99)),
        ),
        ("throughput", f"{run.per_minute:.0f} images per minute, {run.took_s:.0f} s in total"),
    ]
    if last:
        rows += [
            ("workers at the end", f"{last.workers}, {last.worker_bytes / 2**20:.0f} MB each on average"),
            ("emulator at the end", f"{last.emulator_bytes / 2**20:.0f} MB"),
        ]
    if soak:
        rows.append(("growth", f"memory per worker {memory:+.1%}, temporary files {temporary:+.1%}"))
    lines = ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    target = "soak" if soak else "load"
    where = f"On the embedded AWS, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}; `make {target}`."
    return "\n".join([f"# {'Soak' if soak else 'Load'}", "", where, "", *lines, ""])


def document(run: LoadOutcome) -> dict[str, Any]:
    memory, temporary = run.growth
    return {
        "clean": run.clean,
        "uploaded": run.uploaded,
        "statuses": run.statuses,
        "stuck": run.stuck,
        "never_announced": run.unannounced,
        "announced_twice": run.announced_twice,
        "seconds": {f"p{p}": run.percentile(p / 100) for p in (50, 95, 99)},
        "images_per_minute": run.per_minute,
        "took_seconds": run.took_s,
        "growth": {"memory": memory, "temporary_files": temporary},
    }


def chart(run: LoadOutcome) -> str:
    """An SVG with two lines: the latency distribution, and the workers' memory over time."""
    memory = [each.worker_bytes / 2**20 for each in run.usage]
    body = [
        _line(run.seconds, 0, "seconds from upload to final status, sorted", "#1f77b4"),
        _line(memory, HEIGHT + MARGIN, "MB per worker, over the run", "#d62728"),
    ]
    height = 2 * (HEIGHT + MARGIN) + MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="12"><rect width="100%" height="100%" fill="white"/>{"".join(body)}</svg>\n'
    )


def _line(values: Sequence[float], top: int, title: str, color: str) -> str:
    if not values:
        return ""
    highest = max(values) * 1.1 or 1.0
    step = (WIDTH - 2 * MARGIN) / max(1, len(values) - 1)
    base = top + MARGIN + HEIGHT
    points = " ".join(
        f"{MARGIN + index * step:.1f},{base - value / highest * HEIGHT:.1f}"
        for index, value in enumerate(values)
    )
    return (
        f'<text x="{MARGIN}" y="{top + MARGIN - 8}">{title}: {values[0]:.1f} to {values[-1]:.1f}</text>'
        f'<path d="M{MARGIN} {top + MARGIN}V{base}H{WIDTH - MARGIN}" stroke="#888" fill="none"/>'
        f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.5"/>'
    )
