"""`imagebus inspect`: every file gets a line, whatever it is."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from imagebus_cli.main import app
from imagebus_cli.problem import Problem


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus" / "nested"
    folder.mkdir(parents=True)
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((640, 480)).save(buffer, "JPEG")
    (folder / "good [bold].jpg").write_bytes(buffer.getvalue())
    (folder / "cut.jpg").write_bytes(buffer.getvalue().partition(b"\xff\xda")[0])
    (folder / "noted.jpg").write_bytes(buffer.getvalue()[:-2000])
    (folder / "empty.png").touch()
    (folder / "dangling.jpg").symlink_to(folder / "nothing")
    os.mkfifo(folder / "pipe.jpg")
    (folder / os.fsdecode(b"not-utf8-\xff.jpg")).write_text("text")
    return folder.parent


def test_a_folder_gives_one_json_object_a_line(corpus: Path) -> None:
    result = CliRunner().invoke(app, ["inspect", "--json", str(corpus)])
    assert result.exit_code == 0
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    outcomes = {Path(row["file"]).name: (row["outcome"], row["code"]) for row in rows}
    assert outcomes == {
        "good [bold].jpg": ("validated", None),
        "cut.jpg": ("rejected", "corrupt"),
        "noted.jpg": ("validated", None),
        "empty.png": ("rejected", "empty"),
        "dangling.jpg": ("rejected", "gone"),
        "pipe.jpg": ("rejected", "gone"),
        os.fsdecode(b"not-utf8-\xff.jpg"): ("rejected", "unsupported_format"),
    }
    good = next(row for row in rows if row["outcome"] == "validated")
    assert (good["format"], good["width"], good["height"]) == ("JPEG", 640, 480)
    assert good["seconds"] > 0
    assert good["peak_mb"] > 0


def test_people_get_a_line_each_and_the_sum(corpus: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["inspect", str(corpus), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0
    assert "good [bold].jpg" in result.stdout
    assert "its end is missing" in result.stdout
    assert "2 validated, 5 rejected" in result.stdout
    assert list((tmp_path / "out").rglob("*100x100*"))


@pytest.mark.parametrize("name", ["missing.jpg", "dangling.jpg", "pipe.jpg"])
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_named_file_that_cannot_be_read_is_wrong_usage(
    corpus: Path, name: str, options: tuple[str, ...]
) -> None:
    done = CliRunner().invoke(app, ["inspect", str(corpus), str(corpus / "nested" / name), *options])
    assert isinstance(done.exception, Problem)
    assert (name in done.exception.message, done.exception.exit_code, done.stdout) == (True, 2, "")


def test_a_folder_that_cannot_be_written_is_wrong_usage_and_rejects_no_image(corpus: Path) -> None:
    image = corpus / "nested" / "noted.jpg"
    done = CliRunner().invoke(app, ["inspect", str(image), "--out", str(image)])
    assert isinstance(done.exception, Problem)
    assert (done.exception.exit_code, done.stdout) == (2, "")


@pytest.mark.parametrize("options", [("--fail",), ("--fail", "--json")])
def test_a_script_can_fail_for_a_rejected_file(corpus: Path, options: tuple[str, ...]) -> None:
    folder = corpus / "nested"
    assert CliRunner().invoke(app, ["inspect", str(folder / "noted.jpg"), *options]).exit_code == 0
    assert CliRunner().invoke(app, ["inspect", str(folder / "cut.jpg"), *options]).exit_code == 1


def test_formats_that_are_off_by_default_can_be_accepted(tmp_path: Path) -> None:
    path = tmp_path / "scan.tif"
    Image.linear_gradient("L").save(path, "TIFF")
    assert "TIFF is not accepted" in CliRunner().invoke(app, ["inspect", str(path)]).stdout
    accepted = CliRunner().invoke(app, ["inspect", str(path), "--accept", "TIFF", "--accept", "jxl"])
    assert "1 validated, 0 rejected" in accepted.stdout
    assert CliRunner().invoke(app, ["inspect", str(path), "--accept", "raw"]).exit_code == 2
