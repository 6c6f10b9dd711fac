"""The engine's targets, and whether a benchmark run met them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.coldstart import EAGER

PIPELINE = "jpeg-12mp-baseline"
#: The variants of a recipe, of the same file: four sizes, each as JPEG and as WebP.
VARIANTS = "variants-12mp"
# (case, engine, reference, maximum ratio to the reference's CPU time)
_CPU: tuple[tuple[str, str, str, float], ...] = (
    ("jpeg-12mp-baseline", "imagebus", "naive", 1 / 6.5),
    ("jpeg-12mp-baseline", "imagebus", "pyvips-chained", 0.52),
    ("jpeg-12mp-baseline", "imagebus", "sharp-chained", 0.58),
    ("jpeg-12mp-baseline", "imagebus", "floor", 1.12),
    # Out of reach while each stage decodes the file itself: see "Limits of speed" in docs/imaging.md.
    ("jpeg-12mp-baseline", "pipeline", "naive", 0.45),
    ("jpeg-12mp-baseline", "pipeline", "pipeline-floor", 1.5),
    ("jpeg-12mp-baseline", "imagebus-fallback", "naive", 1 / 2.5),
    ("jpeg-24mp-baseline", "imagebus", "naive", 1 / 6.5),
    ("jpeg-24mp-baseline", "imagebus", "pyvips-chained", 0.95),
    ("jpeg-24mp-baseline", "imagebus", "sharp-chained", 0.95),
    ("jpeg-48mp-baseline", "imagebus", "floor", 1.1),
    ("jpeg-48mp-baseline", "imagebus", "pyvips-chained", 0.95),
    ("jpeg-48mp-baseline", "imagebus", "sharp-chained", 0.95),
    ("jpeg-12mp-progressive", "imagebus", "naive", 1 / 2.3),
    ("jpeg-12mp-progressive", "imagebus", "pyvips-chained", 1.0),
    ("jpeg-12mp-progressive", "imagebus", "sharp-chained", 1.0),
    ("png-12mp", "imagebus", "pyvips-chained", 0.9),
    ("png-12mp", "imagebus", "sharp-chained", 0.9),
    ("avif-12mp", "imagebus", "pyvips-chained", 0.9),
    ("avif-12mp", "imagebus", "sharp-chained", 0.9),
    ("heic-12mp", "imagebus", "naive", 0.9),
    ("webp-12mp", "imagebus", "pyvips-chained", 0.95),
    (VARIANTS, "variants", "variants-floor", 1.15),
    (VARIANTS, "cover-entropy", "cover-centre", 1.1),
    (VARIANTS, "cover-faces", "cover-centre", 1.1),
)
_MEMORY = ("jpeg-48mp-baseline", 0.2)
_SSIM_LOST = 0.005
_VALIDATION_SHARE = 0.05
_COLD_START = {"thumbnailer": 0.4}
_OTHER_COLD_STARTS = 0.45
_PHOTOGRAPH = 0.9

Row = Mapping[str, Any]
Rows = Mapping[tuple[str, str], Row]


@dataclass(frozen=True)
class Verdict:
    what: str
    measured: float
    limit: float

    @property
    def met(self) -> bool:
        return self.measured <= self.limit


def by_case(results: Mapping[str, Any]) -> Rows:
    """(case, engine) -> row."""
    return {(row["case"], row["engine"]): row for row in results["rows"]}


def targeted() -> list[str]:
    """The cases that a target names."""
    return [
        case
        for case in dict.fromkeys(case for case, *_ in _CPU)
        if not case.startswith(("avif", "heic", "variants"))
    ]


def verdicts(rows: Rows) -> Iterator[Verdict]:
    """One verdict for each target whose rows were measured."""
    for case, engine, reference, limit in _CPU:
        if (case, engine) in rows and (case, reference) in rows:
            ratio = rows[case, engine]["cpu_ms"] / rows[case, reference]["cpu_ms"]
            yield Verdict(f"{case}: CPU, {engine} / {reference}", ratio, limit)
    for case, engine in rows:
        both = [
            rows[case, other]["cpu_ms"]
            for other in ("pyvips-chained", "sharp-chained")
            if (case, other) in rows
        ]
        if case.startswith("photo-") and engine == "imagebus" and both:
            ratio = rows[case, engine]["cpu_ms"] / min(both)
            yield Verdict(f"{case}: CPU, imagebus / the better of both chained", ratio, _PHOTOGRAPH)
    case, limit = _MEMORY
    if (case, "imagebus") in rows and (case, "naive") in rows:
        ratio = rows[case, "imagebus"]["peak_mb"] / rows[case, "naive"]["peak_mb"]
        yield Verdict(f"{case}: peak memory, imagebus / naive", ratio, limit)
    for (case, engine), row in rows.items():
        naive = rows.get((case, "naive"), {}).get("ssim")
        if engine == "imagebus" and naive is not None and row["ssim"] is not None:
            yield Verdict(f"{case}: SSIM lost against naive", naive - row["ssim"], _SSIM_LOST)
        if case.startswith("validation-jpeg") and "rest_share" in row:
            what = f"{case}: walk, limits and hash, as a share of thumbnailing"
            yield Verdict(what, row["rest_share"], _VALIDATION_SHARE)
        if case == "cold-start" and engine != EAGER:
            limit = _COLD_START.get(engine, _OTHER_COLD_STARTS)
            yield Verdict(f"cold start: {engine} / everything eager", row["of_eager"], limit)
