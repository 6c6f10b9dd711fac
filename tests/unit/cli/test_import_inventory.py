"""`imagebus import --inventory`: a report names the objects, and a damaged one imports nothing."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from imagebus_cli.adopt.inventory import inventoried
from imagebus_cli.problem import Problem
from tests.unit.cli.import_world import KEYS, World, document, run, world
from tests.unit.cli.test_import import refusal

__all__ = ["world"]


def report(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return gzip.compress(text.getvalue().encode())


def manifest(columns: str, data: bytes = b"", partition: str = "aws", **more: Any) -> bytes:
    file = {
        "key": "reports/data/1.csv.gz",
        "size": len(data),
        "MD5checksum": hashlib.md5(data, usedforsecurity=False).hexdigest(),
    }
    return json.dumps(
        {
            "sourceBucket": "uploads",
            "destinationBucket": f"arn:{partition}:s3:::other",
            "fileFormat": "CSV",
            "fileSchema": columns,
            "files": [file],
            **more,
        }
    ).encode()


COLUMNS = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, StorageClass"
ROWS = [
    ["uploads", "a.jpg", "2", "true", "false", 7, "STANDARD"],
    ["uploads", "a.jpg", "1", "false", "false", 9, "STANDARD"],
    ["uploads", "b/c+d%2B%C3%A9%2520.png", "1", "true", "false", 7, "STANDARD"],
    ["uploads", "deleted.jpg", "3", "true", "true", "", ""],
]


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_an_inventory_in_s3_names_the_objects(world: World, partition: str):
    world.put(*KEYS)
    data = report(ROWS)
    world.s3.put_object(Bucket="other", Key="reports/data/1.csv.gz", Body=data)
    body = manifest(COLUMNS, data, partition)
    world.s3.put_object(Bucket="other", Key="reports/x/manifest.json", Body=body)
    found = document("--inventory", "s3://other/reports/x/manifest.json")
    assert found["outcomes"] == {"imported": 2}
    assert sorted(world.record()) == KEYS[:2]


def test_an_inventory_may_lie_in_a_folder(world: World, tmp_path: Path):
    world.put(*KEYS)
    data = report(ROWS)
    (tmp_path / "manifest.json").write_bytes(manifest(COLUMNS, data))
    (tmp_path / "1.csv.gz").write_bytes(data)
    assert document("--inventory", str(tmp_path / "manifest.json"), "--dry-run")["bytes"] == 14
    (tmp_path / "keys.csv").write_text("uploads,a.jpg\nuploads,never.jpg\n")
    assert "size unknown" in run("--inventory", str(tmp_path / "keys.csv"), "--dry-run").stdout
    assert document("--inventory", str(tmp_path / "keys.csv"))["outcomes"] == {"imported": 1, "gone": 1}


def test_a_report_of_another_bucket_or_format_is_refused(world: World, tmp_path: Path):
    (tmp_path / "keys.csv").write_text("elsewhere,a.jpg\n")
    (tmp_path / "manifest.json").write_bytes(manifest(COLUMNS, fileFormat="ORC"))
    for name, words in (("keys.csv", "elsewhere"), ("manifest.json", "ORC"), ("none.csv", "cannot be read")):
        raised = run("--inventory", str(tmp_path / name)).exception
        assert isinstance(raised, Problem), name
        assert words in raised.message


GOOD = "uploads,a.jpg\n"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("k.csv", GOOD + "uploads\n", "line 2: 1 column, expected 2 (Bucket, Key)"),
        ("k.csv", GOOD + "uploads,\n", "line 2: a key has 1 to 1024 bytes"),
        ("k.csv", GOOD + f"uploads,{'k' * 1025}\n", "line 2: a key has 1 to 1024 bytes"),
        ("k.csv", GOOD + "uploads,%FF.jpg\n", "line 2: the decoded key is not UTF-8"),
        ("k.csv", GOOD + "mine,a.jpg\n", "line 2: an object of the bucket 'mine', not uploads"),
        ("k.csv", GOOD.encode() + b"uploads,\xff.jpg\n", "line 2: not UTF-8"),
        ("k.csv", GOOD + '"uploads","a.jp', "line 2: not CSV (unexpected end of data)"),
        ("k.csv", b"PAR1....", "k.csv is a Parquet file"),
        ("k.csv", b"ORC....", "k.csv is an ORC file"),
        ("k.csv.gz", GOOD, "line 1: the gzip file is damaged"),
        (
            "k.csv.gz",
            gzip.compress(GOOD.encode(), mtime=0)[:-6],
            "line 2: the gzip file is damaged or cut off",
        ),
        (
            "k.csv.gz",
            gzip.compress(b"x" * 99, mtime=0)[:-8] + b"12345678",
            "the gzip file is damaged or cut off",
        ),
        ("manifest.json", "[", "manifest.json: not JSON (Expecting value: line 1 column 2"),
        ("manifest.json", b"\xff", "manifest.json: not JSON"),
        ("manifest.json", "[]", "not the manifest of a report (Expected `object`, got `array`)"),
        ("manifest.json", '{"sourceBucket": "uploads"}', "missing required field `destinationBucket`"),
        ("manifest.json", manifest("Bucket, Size"), "fileSchema has no Bucket and Key"),
        ("manifest.json", manifest(COLUMNS, sourceBucket="mine"), "a report of the bucket 'mine'"),
        ("manifest.json", manifest(COLUMNS, fileFormat="Parquet"), "the report's format is Parquet"),
        ("manifest.json", manifest(COLUMNS), "s3://other/reports/data/1.csv.gz cannot be read"),
        ("manifest.json", manifest(COLUMNS, files=[{"key": "n" * 300}]), f"s3://other/{'n' * 300} cannot"),
    ],
)
def test_a_damaged_report_names_no_object(tmp_path: Path, name: str, data: str | bytes, words: str):
    (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
    with pytest.raises(Problem) as raised:
        next(inventoried(NoObjects(), str(tmp_path / name), "uploads", ""))  # type: ignore[arg-type]
    found = raised.value
    assert words in found.message
    assert name in found.message or name == "manifest.json"
    assert "Nothing was imported" in found.advice
    assert found.exit_code == 2


class NoObjects:
    def get_object(self, **_: Any) -> Any:
        raise refusal(404, "NoSuchKey", "The specified key does not exist.")


def test_data_files_must_be_those_of_the_manifest(world: World, tmp_path: Path):
    world.put(*KEYS)
    (tmp_path / "manifest.json").write_bytes(manifest(COLUMNS, report(ROWS)))
    (tmp_path / "1.csv.gz").write_bytes(report(ROWS[:1]))
    found = run("--inventory", str(tmp_path / "manifest.json")).exception
    assert isinstance(found, Problem)
    assert "1.csv.gz: its MD5 is not" in found.message
    short = report([["uploads", "a.jpg", "2"]])
    (tmp_path / "manifest.json").write_bytes(manifest(COLUMNS, short))
    (tmp_path / "1.csv.gz").write_bytes(short)
    found = run("--inventory", str(tmp_path / "manifest.json")).exception
    assert isinstance(found, Problem)
    assert "line 1: 3 columns, expected 7" in found.message
    assert world.waiting() == []


@pytest.mark.parametrize("where", ["s3://other/none.csv", "s3://other", "s3://no bucket/k", "n" * 300])
def test_a_report_that_cannot_be_read_is_named(where: str):
    with pytest.raises(Problem) as raised:
        next(inventoried(NoObjects(), where, "uploads", ""))  # type: ignore[arg-type]
    assert where in raised.value.message
    assert raised.value.exit_code == 2


def test_blank_lines_and_a_byte_order_mark_do_no_harm(world: World, tmp_path: Path):
    world.put(*KEYS)
    (tmp_path / "k.csv").write_bytes(b"\xef\xbb\xbf" + GOOD.encode() + b"\r\n\n")
    assert document("--inventory", str(tmp_path / "k.csv"))["outcomes"] == {"imported": 1}


def test_only_an_empty_object_is_a_folder_marker(world: World, tmp_path: Path):
    """A report without sizes does not say which they are."""
    world.put("f/")
    world.s3.put_object(Bucket="uploads", Key="empty/", Body=b"")
    (tmp_path / "k.csv").write_text("uploads,f/\nuploads,empty/\n")
    assert document("--inventory", str(tmp_path / "k.csv"))["outcomes"] == {"imported": 1, "folder": 1}
    assert [each["detail"]["object"]["key"] for each in world.waiting()] == ["f/"]
    assert document()["outcomes"] == {"imported": 1, "folder": 1}
    world.put("g/", bucket="other")
    world.s3.put_object(Bucket="other", Key="empty/", Body=b"")
    (tmp_path / "k.csv").write_text("other,g/\nother,empty/\n")
    copied = document("s3://other", "--inventory", str(tmp_path / "k.csv"))
    assert copied["outcomes"] == {"copied": 1, "known": 1}
    world.s3.delete_object(Bucket="uploads", Key="empty/")
    assert document("s3://other", "--inventory", str(tmp_path / "k.csv"))["outcomes"] == {
        "known": 1,
        "folder": 1,
    }
