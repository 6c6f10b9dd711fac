"""A user's own folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from imagebus_cli.demo import pictures
from imagebus_cli.demo.run import _own
from imagebus_cli.problem import Problem
from imagebus_cli.uploads.files import Skipped, summary


def taken(folder: Path) -> tuple[list[pictures.Picture], dict[str, str]]:
    """The pictures, and the reasons for what is skipped by name."""
    skipped: list[Skipped] = []
    return pictures.folder(folder, skipped.append), {each.path.name: each.why for each in skipped}


def test_every_file_is_uploaded_under_its_path_in_the_folder(tmp_path: Path):
    for name in ("b.jpg", "sub dir/ü+%2B (1).jpg", "sub dir/deeper/notes"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    found, skipped = taken(tmp_path)
    assert skipped == {}
    assert [picture.key for picture in found] == ["b.jpg", "sub dir/ü+%2B (1).jpg", "sub dir/deeper/notes"]
    assert [picture.read() for picture in found] == [picture.key.encode() for picture in found]
    assert {picture.expected for picture in found} == {None}


def test_hidden_files_stay_home(tmp_path: Path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/index").touch()
    (tmp_path / ".DS_Store").touch()
    (tmp_path / "a.jpg").touch()
    found, skipped = taken(tmp_path)
    assert ([picture.key for picture in found], skipped) == (["a.jpg"], {})


def test_a_missing_or_empty_folder_is_said_so(tmp_path: Path):
    with pytest.raises(Problem, match="There is no folder"):
        _own(tmp_path / "nowhere")
    (tmp_path / "a.jpg").symlink_to("nowhere")
    with pytest.raises(Problem, match="There are no files") as raised:
        _own(tmp_path)
    assert "1 broken link" in raised.value.detail


def test_what_cannot_be_uploaded_is_named_and_costs_the_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    deep = tmp_path.joinpath(*(["漢" * 60] * 6))
    deep.mkdir(parents=True)
    (deep / "long.jpg").touch()
    (tmp_path / "folder").mkdir()
    for name in ("good.jpg", "secret.jpg", "folder/good.bmp"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "dangling.jpg").symlink_to("nowhere")
    (tmp_path / "again").symlink_to("folder")
    os.mkfifo(tmp_path / "pipe.jpg")
    open_file = Path.open

    def refuse(path: Path, *mode: Any) -> Any:  # root may read everything
        if path.name == "secret.jpg":
            raise PermissionError(13, "Permission denied", str(path))
        return open_file(path, *mode)

    monkeypatch.setattr(Path, "open", refuse)
    found, skipped = taken(tmp_path)
    assert [picture.key for picture in found] == ["good.jpg", "folder/good.bmp"]
    assert skipped == {
        "again": "link to a folder",
        "dangling.jpg": "broken link",
        "long.jpg": "path longer than 1024 bytes",
        "pipe.jpg": "neither file nor folder",
        "secret.jpg": "Permission denied",
    }


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "private").mkdir()
    (tmp_path / "a.jpg").touch()
    scan = os.scandir

    def refuse(path: Any) -> Any:
        if Path(path).name == "private":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found, skipped = taken(tmp_path)
    assert ([picture.key for picture in found], skipped) == (["a.jpg"], {"private": "Permission denied"})


def test_a_name_that_is_no_utf8_is_shown_and_the_others_are_taken(tmp_path: Path):
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jpg")).touch()
    except OSError:
        pytest.skip("this file system has only UTF-8 names")
    (tmp_path / "a.jpg").touch()
    skipped: list[Skipped] = []
    assert [picture.key for picture in pictures.folder(tmp_path, skipped.append)] == ["a.jpg"]
    assert summary(skipped) == [f"1 skipped: 1 name not in UTF-8 ({tmp_path}/\\xff.jpg)"]


def test_a_summary_counts_by_reason_and_shows_a_few_names():
    many = [Skipped(Path(f"{number}.bmp"), "no image") for number in range(1234)]
    assert summary([*many, Skipped(Path("x"), "Permission denied")]) == [
        "1,235 skipped: 1,234 no image (0.bmp, 1.bmp, 2.bmp, …), 1 Permission denied (x)"
    ]
    assert summary([]) == []
