"""The committed figures have the shape that README, the chart and their readers rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks.chart import write_chart
from benchmarks.report import ENGINES, write_table
from benchmarks.targets import by_case, verdicts

FOLDER = Path(__file__).parents[3] / "benchmarks"
CASES = (
    "jpeg-12mp-baseline",
    "jpeg-24mp-baseline",
    "jpeg-48mp-baseline",
    "jpeg-12mp-progressive",
    "png-12mp",
    "webp-12mp",
)


pytestmark = pytest.mark.skipif(
    not (FOLDER / "results.json").exists(), reason="`make bench` was not run here"
)


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
    return found


def test_every_row_says_what_was_measured(results: dict[str, Any]) -> None:
    assert {"cpu", "cores", "python", "packages"} <= set(results["machine"])
    for row in results["rows"]:
        assert {"case", "engine", "cpu_ms", "peak_mb", "ssim"} <= set(row)
        assert row["cpu_ms"] > 0
        assert row["peak_mb"] is None or row["peak_mb"] > 0
        assert row["ssim"] is None or 0 < row["ssim"] <= 1


@pytest.mark.parametrize("case", CASES)
def test_every_case_has_a_row_for_each_engine(results: dict[str, Any], case: str) -> None:
    engines = {row["engine"] for row in results["rows"] if row["case"] == case}
    assert engines >= {engine for engine in ENGINES if engine.split("-")[0] not in results["missing"]}


def test_validation_and_cold_start_were_measured(results: dict[str, Any]) -> None:
    rows = by_case(results)
    for image_format in ("jpeg-12mp-baseline", "png-12mp", "webp-12mp", "gif-2mp", "avif-12mp", "heic-12mp"):
        assert {"decode_ms", "process_ms", "rest_ms"} <= set(rows[f"validation-{image_format}", "imagebus"])
    assert rows["cold-start", "everything-eager"]["of_eager"] == 1
    assert 0 < rows["cold-start", "thumbnailer"]["of_eager"] < 1


def test_the_table_and_the_chart_can_be_drawn_again(results: dict[str, Any], tmp_path: Path) -> None:
    write_table(results, tmp_path / "RESULTS.md")
    assert (tmp_path / "RESULTS.md").read_text() == (FOLDER / "RESULTS.md").read_text(), (
        "RESULTS.md is of another run"
    )
    write_chart(results, tmp_path / "chart.png")
    with Image.open(tmp_path / "chart.png") as chart:
        assert chart.width > 1000
    assert len(list(verdicts(by_case(results)))) > 20
