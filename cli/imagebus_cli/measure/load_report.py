"""A load run as Markdown, as a picture and as JSON."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from imagebus_cli.measure.load import LoadOutcome

WIDTH, HEIGHT, MARGIN = 720, 200, 40


def markdown(outcome: LoadOutcome, *, rate: float, soak: bool) -> str:
    memory, temporary = outcome.growth
    last = outcome.usage[-1] if outcome.usage else None
    rows = [
        ("uploaded", f"{outcome.uploaded}, {rate:g} a second"),
        ("ended", ", ".join(f"{count} {name}" for name, count in sorted(outcome.statuses.items())) or "none"),
        ("lost or stuck", str(outcome.stuck)),
        ("never announced", str(outcome.untold)),
        ("announced twice", str(outcome.told_twice)),
        (
            "upload to final p50 / p95 / p99",
            " / ".join(f"{outcome.percentile(p):.2f} s" for p in (0.5, 0.95, 0.99)),
        ),
        ("throughput", f"{outcome.per_minute:.0f} images a minute, {outcome.took_s:.0f} s in all"),
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


def document(outcome: LoadOutcome) -> dict[str, Any]:
    memory, temporary = outcome.growth
    return {
        "clean": outcome.clean,
        "uploaded": outcome.uploaded,
        "statuses": outcome.statuses,
        "stuck": outcome.stuck,
        "never_announced": outcome.untold,
        "announced_twice": outcome.told_twice,
        "seconds": {f"p{p}": outcome.percentile(p / 100) for p in (50, 95, 99)},
        "images_per_minute": outcome.per_minute,
        "took_seconds": outcome.took_s,
        "growth": {"memory": memory, "temporary_files": temporary},
    }


def chart(outcome: LoadOutcome) -> str:
    """How the latencies are distributed, and the workers' memory over time: two lines in one SVG."""
    memory = [each.worker_bytes / 2**20 for each in outcome.usage]
    body = [
        _line(outcome.seconds, 0, "seconds from upload to final, by share of the images", "#1f77b4"),
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
