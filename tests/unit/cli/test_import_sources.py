"""`imagebus import` of what lies in another bucket, and of what an inventory names."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from imagebus_cli.adopt import copying
from imagebus_cli.problem import Problem
from tests.unit.cli.import_world import KEYS, World, document, run, world

__all__ = ["world"]


# --- from another bucket


def test_an_erased_image_is_not_copied_back(world: World):
    world.put(*KEYS, bucket="other")
    world.stack.erasures.extend("a.jpg", versions=["v"])
    assert document("s3://other", exit_code=1)["outcomes"] == {"copied": 2, "erased": 1}
    with pytest.raises(ClientError):
        world.s3.head_object(Bucket="uploads", Key="a.jpg")


def test_another_bucket_is_copied_and_what_is_there_is_not_overwritten(world: World):
    world.put(*KEYS, "other.jpg", bucket="other")
    world.s3.put_object(Bucket="uploads", Key="b/d.webp", Body=b"mine")
    assert document("s3://other/b/")["outcomes"] == {"known": 1, "copied": 1}
    assert world.s3.get_object(Bucket="uploads", Key="b/d.webp")["Body"].read() == b"mine"
    assert world.s3.get_object(Bucket="uploads", Key=KEYS[1])["Body"].read() == b"x" * 7
    assert document("s3://other/b/")["outcomes"] == {"known": 2}
    assert world.waiting() == []  # S3's own events report them


def test_a_large_object_is_copied_in_parts(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(copying, "LARGEST", 5)
    parts = copying.TransferConfig(multipart_threshold=5, multipart_chunksize=5 * 1024**2)
    monkeypatch.setattr(copying, "PARTS", parts)
    world.s3.put_object(Bucket="other", Key="big.jpg", Body=b"y" * (6 * 1024**2))
    assert document("s3://other")["outcomes"] == {"copied": 1}
    head = world.s3.head_object(Bucket="uploads", Key="big.jpg")
    assert (head["ContentLength"], head["ETag"][-3:]) == (6 * 1024**2, '-2"')


def test_an_object_that_cannot_be_copied_is_named(world: World):
    world.put("a.jpg", bucket="other")
    world.put("cold.jpg", bucket="other", StorageClass="GLACIER")
    found = document("s3://other", exit_code=1)
    assert found["outcomes"] == {"copied": 1, "archived": 1}


@pytest.mark.parametrize(
    "arguments", [("other/a",), ("s3://",), ("s3://uploads/a",), ("s3://other/a", "--prefix", "b")]
)
def test_an_address_that_makes_no_sense_is_a_usage_error(world: World, arguments: tuple[str, ...]):
    raised = run(*arguments).exception
    assert isinstance(raised, Problem)
    assert raised.exit_code == 2


# --- inventories


def report(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return gzip.compress(text.getvalue().encode())


def manifest(
    columns: str, key: str = "reports/data/1.csv.gz", file_format: str = "CSV", partition: str = "aws"
) -> bytes:
    return json.dumps(
        {
            "sourceBucket": "uploads",
            "destinationBucket": f"arn:{partition}:s3:::other",
            "fileFormat": file_format,
            "fileSchema": columns,
            "files": [{"key": key, "size": 1, "MD5checksum": "…"}],
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
    world.s3.put_object(Bucket="other", Key="reports/data/1.csv.gz", Body=report(ROWS))
    world.s3.put_object(
        Bucket="other", Key="reports/x/manifest.json", Body=manifest(COLUMNS, partition=partition)
    )
    found = document("--inventory", "s3://other/reports/x/manifest.json")
    assert found["outcomes"] == {"imported": 2}
    assert sorted(world.record()) == KEYS[:2]


def test_an_inventory_may_lie_in_a_folder(world: World, tmp_path: Path):
    world.put(*KEYS)
    (tmp_path / "manifest.json").write_bytes(manifest(COLUMNS))
    (tmp_path / "1.csv.gz").write_bytes(report(ROWS))
    assert document("--inventory", str(tmp_path / "manifest.json"), "--dry-run")["bytes"] == 14
    (tmp_path / "keys.csv").write_text("uploads,a.jpg\nuploads,never.jpg\n")
    assert document("--inventory", str(tmp_path / "keys.csv"))["outcomes"] == {"imported": 1, "gone": 1}


def test_a_report_of_another_bucket_or_format_is_refused(world: World, tmp_path: Path):
    (tmp_path / "keys.csv").write_text("elsewhere,a.jpg\n")
    (tmp_path / "manifest.json").write_bytes(manifest(COLUMNS, file_format="ORC"))
    for name, words in (("keys.csv", "elsewhere"), ("manifest.json", "ORC"), ("none.csv", "cannot be read")):
        raised = run("--inventory", str(tmp_path / name)).exception
        assert isinstance(raised, Problem), name
        assert words in raised.message
