"""The test kit in this process finds what is wrong with ten consumers, and nothing with the right one."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imagebus.testing.consumer import ConsumerKit
from tests.consumers.gallery import FAULTY, Faulty, written


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for a consumer, whose package `gallery` is forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path / "gallery" / "src")
    yield tmp_path
    for name in [each for each in sys.modules if each.partition(".")[0] == "gallery"]:
        del sys.modules[name]


def handler() -> Any:
    return importlib.import_module("gallery.handler").handle


def test_nothing_is_wrong_with_the_right_consumer(package: Path) -> None:
    folder = written("python", package)
    report = ConsumerKit(folder / "template.yml").examine(handler())
    assert not report.findings, str(report)
    assert report.runs > 100


@pytest.mark.parametrize("faulty", FAULTY["python"], ids=lambda each: each.path.stem)
def test_it_finds_the_fault_and_nothing_else(package: Path, faulty: Faulty) -> None:
    folder = written("python", package, faulty)
    report = ConsumerKit(folder / "template.yml", orders=40).examine(handler())
    assert [finding.code for finding in report.findings] == [faulty.code], str(report)
