"""`imagebus inspect` prints one row for every kind of file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imagebus_imaging import Limits, inspect, validate
from imagebus_imaging.inspect import inspect_file, inspect_paths
from imagebus_imaging.sandbox import DecoderStalled
from tests.hostile.base import honest
from tests.unit.imaging.pictures import opened

KEYS = {"file", "outcome", "code", "format", "width", "height", "seconds", "peak_mb", "detail"} | {
    "trailer", "truncated", "hdr",
}  # fmt: skip


def test_an_image_is_validated(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(honest("JPEG"))
    row = inspect_file(path)
    assert set(row) == KEYS
    assert row["file"] == str(path)
    assert (row["outcome"], row["code"], row["detail"]) == ("validated", None, None)
    assert (row["format"], row["width"], row["height"]) == ("JPEG", 320, 240)
    assert 0 < row["seconds"] < 10
    assert row["peak_mb"] > 5


def test_a_refused_file_says_why_with_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(honest("JPEG"))
    row = inspect_file(path, Limits(max_pixels=100))
    assert (row["outcome"], row["code"], row["format"]) == ("rejected", "too_many_pixels", "JPEG")
    assert row["detail"] == "320x240 pixels (limit 100, actual 76800)"


def test_derived_images_are_written_where_asked(tmp_path: Path) -> None:
    path = tmp_path / "photo.webp"
    path.write_bytes(honest("WEBP"))
    row = inspect_file(path, out_dir=tmp_path / "out")
    assert row["outcome"] == "validated"
    folder = tmp_path / "out" / "photo.webp"
    names = {"100x100.webp", "320x320.webp", "640x480.webp", "1280x1280.webp", "watermarked.webp"}
    assert {made.name for made in folder.iterdir()} == names
    assert opened((folder / "100x100.webp").read_bytes()).size == (100, 75)


def test_nothing_that_a_folder_can_hold_stops_it(tmp_path: Path) -> None:
    (tmp_path / "a-photo.png").write_bytes(honest("PNG"))
    (tmp_path / "b-empty.jpg").touch()
    (tmp_path / "c-dangling.jpg").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "d-pipe.jpg")
    (tmp_path / "e-folder.jpg").mkdir()
    (tmp_path / "e-folder.jpg" / "inner.gif").write_bytes(honest("GIF"))
    (tmp_path / "f-loop.jpg").symlink_to(tmp_path / "f-loop.jpg")
    with (tmp_path / "g-huge.jpg").open("wb") as huge:
        huge.truncate(1 << 36)
    (tmp_path / "h-\udcff.jpg").write_bytes(b"text")
    rows = {Path(row["file"]).name: row for row in inspect_paths([tmp_path])}
    assert all(set(row) == KEYS for row in rows.values())
    assert {name: row["code"] for name, row in rows.items()} == {
        "a-photo.png": None,
        "b-empty.jpg": "empty",
        "c-dangling.jpg": "gone",
        "d-pipe.jpg": "gone",
        "inner.gif": None,
        "f-loop.jpg": "gone",
        "g-huge.jpg": "too_many_bytes",
        "h-\udcff.jpg": "unsupported_format",
    }
    assert all(row["detail"] for row in rows.values() if row["code"])


@pytest.mark.parametrize(
    "path", ["/nothing/here.jpg", "/dev/zero", "/dev/null", "with\0zero.jpg", "", "/proc/self/mem"]
)
def test_a_path_that_is_no_file_is_gone_or_empty(path: str) -> None:
    (row,) = list(inspect_paths([path])) if path else [inspect_file(path)]
    assert row["outcome"] == "rejected"
    assert row["code"] in ("gone", "empty")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "secret.jpg"
    path.write_bytes(honest("JPEG"))
    path.chmod(0)
    assert inspect_file(path)["code"] == "gone"


def test_a_machine_that_was_busy_is_given_another_try(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(honest("JPEG"))
    tries = tmp_path / "tries"

    def busy_once(data: bytes, limits: Limits) -> object:
        if not tries.exists():
            tries.touch()
            raise DecoderStalled("busy")
        return validate(data, limits)

    monkeypatch.setattr(inspect, "validate", busy_once)
    row = inspect_file(path, out_dir=tmp_path / "out")
    assert row["outcome"] == "validated", row
    assert tries.exists()


def test_what_is_accepted_with_a_note_says_so(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(honest("JPEG") + b"1234")
    assert inspect_file(path)["trailer"] == "unknown, 4 bytes"
    path.write_bytes(honest("JPEG")[:-400])
    assert inspect_file(path)["truncated"]
