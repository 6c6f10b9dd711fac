"""A user's own folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imagebus_cli.demo import pictures
from imagebus_cli.problem import Problem


def test_every_file_is_uploaded_under_its_path_in_the_folder(tmp_path: Path):
    for name in ("b.jpg", "sub dir/ü+%2B (1).jpg", "sub dir/deeper/notes"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    found = pictures.folder(tmp_path)
    assert [picture.key for picture in found] == ["b.jpg", "sub dir/ü+%2B (1).jpg", "sub dir/deeper/notes"]
    assert [picture.read() for picture in found] == [picture.key.encode() for picture in found]
    assert {picture.expected for picture in found} == {None}


def test_hidden_files_stay_home(tmp_path: Path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/index").touch()
    (tmp_path / ".DS_Store").touch()
    (tmp_path / "a.jpg").touch()
    assert [picture.key for picture in pictures.folder(tmp_path)] == ["a.jpg"]


def test_a_missing_or_empty_folder_is_said_so(tmp_path: Path):
    with pytest.raises(Problem, match="There is no folder"):
        pictures.folder(tmp_path / "nowhere")
    with pytest.raises(Problem, match="There are no files"):
        pictures.folder(tmp_path)


def test_a_name_that_is_no_utf8_is_said_so(tmp_path: Path):
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")).touch()
    except OSError:
        pytest.skip("this file system has only UTF-8 names")
    with pytest.raises(Problem, match="not UTF-8"):
        pictures.folder(tmp_path)


def test_a_path_longer_than_a_key_may_be_is_said_so(tmp_path: Path):
    deep = tmp_path.joinpath(*(["漢" * 60] * 6))
    deep.mkdir(parents=True)
    (deep / "a.jpg").touch()
    with pytest.raises(Problem, match="longer"):
        pictures.folder(tmp_path)
