"""Every hostile file has its expected outcome, quickly, in little memory, and crashes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from imagebus_imaging import thumbnails
from imagebus_imaging.interface import Code
from tests.hostile.__main__ import write
from tests.hostile.base import Hostile
from tests.hostile.corpus import CORPUS


def test_there_are_enough_of_them_with_names_of_their_own(tmp_path: Path) -> None:
    assert len(CORPUS) >= 40
    assert len({hostile.name for hostile in CORPUS}) == len(CORPUS)
    codes = {code for hostile in CORPUS for code in hostile.codes} - {""}
    assert codes == set(get_args(Code)) - {"too_many_bytes", "gone"}, "those two need no bytes to be told"
    assert write(tmp_path) == len(CORPUS)
    assert len(json.loads((tmp_path / "manifest.json").read_text())) == len(CORPUS)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What `imagebus inspect` reports for each file. A child's memory starts with its parent's, so the
    command runs as users run it, not inside a large test process.
    """
    corpus = tmp_path_factory.mktemp("hostile")
    write(corpus)
    command = [Path(sys.executable).with_name("imagebus"), "inspect", "--json", str(corpus)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return {Path(row["file"]).name: row for row in map(json.loads, ran.stdout.splitlines())}


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda hostile: hostile.name)
def test_a_hostile_file_ends_as_it_should(hostile: Hostile, rows: dict[str, dict[str, Any]]) -> None:
    row = rows[hostile.name]
    assert (row["code"] or "") in (hostile.codes or ("",)), row
    assert row["seconds"] < 4, "two seconds, and as many again for a machine that does other things as well"
    assert row["peak_mb"] < 512
    if row["code"] is None:
        assert [made.format for made in thumbnails(hostile.make(), [(64, 64)])]
