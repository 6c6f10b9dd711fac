"""Every hostile file ends as it should, quickly, in little memory, and nobody dies of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from imagebus_imaging import thumbnails
from imagebus_imaging.inspect import inspect_file
from imagebus_imaging.model import Code
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


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda hostile: hostile.name)
def test_a_hostile_file_ends_as_it_should(hostile: Hostile, tmp_path: Path) -> None:
    path = tmp_path / hostile.name
    path.write_bytes(hostile.make())
    row = inspect_file(path)
    assert (row["code"] or "") in (hostile.codes or ("",)), row
    assert row["seconds"] < 4, "two seconds, and as many again for a machine that does other things as well"
    assert row["peak_mb"] < 512
    if row["code"] is None:
        assert [made.format for made in thumbnails(path.read_bytes(), [(64, 64)])]
