"""Derived images on disk, whatever their key."""

from __future__ import annotations

import re
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from imagebus_cli.demo import derived
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack
from tests.unit.cli.builders import result

HOSTILE = [
    "../../etc/passwd",
    "a/../b",
    "con",
    "x\n\x1b[1m",
    "漢字/漢字.jpg",
    "été.jpg",
    "a" * 900,
    "..",
    "<b>.jpg",
]


@pytest.mark.parametrize("key", HOSTILE, ids=ascii)
def test_a_folder_name_is_plain_ascii_and_short(key: str):
    assert re.fullmatch(r"[a-z0-9-]{10,51}", derived.folder_name(key))


def test_two_keys_never_share_a_folder():
    keys = [*HOSTILE, "b/été.jpg", "a/photo.jpg", "b/photo.jpg", "a/photo.png", "A/photo.jpg"]
    assert len({derived.folder_name(key) for key in keys}) == len(keys)


def test_a_strange_object_key_gives_no_strange_suffix():
    assert derived.suffix("a/b/320x320.webp") == ".webp"
    assert derived.suffix("a/b/x.j/../pg") == ""


@mock_aws
def test_every_derived_image_of_a_completed_result_is_written(tmp_path: Path):
    stack = Stack(boto3.Session(), {"ImagesBucketName": "images"})
    stack.s3.create_bucket(Bucket="images")
    for key in ("i/r/thumbnails/320x320.jpg", "i/r/watermarked.jpg"):
        stack.s3.put_object(Bucket="images", Key=key, Body=key.encode())
    completed = result(
        "a/../b.jpg",
        thumbnails=[{"name": "320x320", "bucket": "images", "key": "i/r/thumbnails/320x320.jpg"}],
        watermarked={"bucket": "images", "key": "i/r/watermarked.jpg"},
    )
    output = tmp_path / "out"
    files = derived.download(stack, [completed, result("bad.jpg", "rejected")], output)
    assert list(files) == ["a/../b.jpg"]
    paths = files["a/../b.jpg"]
    assert (output / paths["320x320"]).read_bytes() == b"i/r/thumbnails/320x320.jpg"
    assert (output / paths["watermarked"]).read_bytes() == b"i/r/watermarked.jpg"


def test_a_folder_of_somebody_elses_files_is_not_emptied(tmp_path: Path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(Problem, match="holds other files"):
        derived.require_ours(tmp_path)
    with pytest.raises(Problem, match="is a file"):
        derived.require_ours(tmp_path / "thesis.txt")


def test_our_own_folder_is_used_again(tmp_path: Path):
    stack = Stack(boto3.Session(), {})
    derived.download(stack, [], tmp_path / "out")
    (tmp_path / "out/images/old.jpg").touch()
    derived.require_ours(tmp_path / "out")
    derived.download(stack, [], tmp_path / "out")
    assert not (tmp_path / "out/images/old.jpg").exists()
