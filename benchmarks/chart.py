"""The chart in README: one group of bars per case; shorter is better."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from benchmarks.targets import Rows, by_case

_COLOURS = {
    "imagebus": "#0b7285",
    "imagebus-fallback": "#66c2d0",
    "naive": "#adb5bd",
    "pyvips": "#f4c27a",
    "pyvips-chained": "#e8890c",
    "sharp": "#a9d18e",
    "sharp-chained": "#4f9d2f",
    "floor": "#343a40",
}
_CASES = {
    "jpeg-12mp-baseline": "12 MP JPEG",
    "jpeg-24mp-baseline": "24 MP JPEG",
    "jpeg-48mp-baseline": "48 MP JPEG",
    "jpeg-12mp-progressive": "12 MP progressive JPEG",
    "png-12mp": "12 MP PNG",
    "webp-12mp": "12 MP WebP",
}
_COLUMNS, _WIDTH, _TOP, _LEFT, _BAR, _STEP, _HEAD, _GAP = 2, 800, 84, 150, 18, 23, 30, 22
_SCALE = 2  # drawn at twice the size and scaled down, for smooth edges without a plotting library


def write_chart(results: Mapping[str, Any], path: Path) -> None:
    rows = by_case(results)
    cases = [case for case in _CASES if (case, "imagebus") in rows]
    engines = [engine for engine in _COLOURS if any((case, engine) in rows for case in cases)]
    height = _HEAD + len(engines) * _STEP + _GAP
    size = _COLUMNS * _WIDTH, _TOP + height * -(-len(cases) // _COLUMNS)
    image = Image.new("RGB", (size[0] * _SCALE, size[1] * _SCALE), "white")
    draw = ImageDraw.Draw(image)
    _text(draw, (24, 16), "CPU milliseconds to make four thumbnails of a photograph", 24, "#212529")
    _text(draw, (24, 50), "Shorter is better. Each case has a scale of its own.", 14, "#495057")
    for number, case in enumerate(cases):
        at = (number % _COLUMNS) * _WIDTH, _TOP + (number // _COLUMNS) * height
        _group(draw, rows, case, [engine for engine in engines if (case, engine) in rows], at)
    image.resize(size, Image.Resampling.LANCZOS).quantize(64).save(path, optimize=True)


def _group(draw: ImageDraw.ImageDraw, rows: Rows, case: str, engines: list[str], at: tuple[int, int]) -> None:
    x, y = at
    longest = max(rows[case, engine]["cpu_ms"] for engine in engines)
    _text(draw, (x + 24, y + 4), _CASES[case], 16, "#212529")
    for line, engine in enumerate(engines):
        spent = rows[case, engine]["cpu_ms"]
        top = y + _HEAD + line * _STEP
        end = x + _LEFT + max(2, round((_WIDTH - _LEFT - 90) * spent / longest))
        colour = "#0b7285" if engine == "imagebus" else "#495057"
        _text(draw, (x + _LEFT - 8, top + 2), engine, 13, colour, anchor="ra")
        box = (x + _LEFT, top, end, top + _BAR)
        draw.rectangle([side * _SCALE for side in box], fill=_COLOURS[engine])
        _text(draw, (end + 6, top + 2), f"{spent:.0f}", 13, "#212529")


def _text(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, colour: str, anchor: str = "la"
) -> None:
    font = ImageFont.load_default(size * _SCALE)
    draw.text((at[0] * _SCALE, at[1] * _SCALE), text, colour, font, anchor=anchor)
