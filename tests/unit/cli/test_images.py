"""`imagebus list`, `events`, `get` and `delete`, as a user or a script sees them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from imagebus.history.fold import Item
from imagebus.testing import InMemoryDynamoDB, erasures_table, status_table
from imagebus_cli import main
from imagebus_cli.images import download
from imagebus_cli.images import lookup as images
from imagebus_cli.problem import Problem
from imagebus_cli.stack import find as where
from imagebus_cli.stack.deployed import Stack
from tests.unit.cli.builders import event
from tests.unit.cli.builders import item as status_item

KEY = "trip/été 1+1 🌅.jpg"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    names = {"UploadsBucketName": "uploads", "ImagesBucketName": "images", "StatusTableName": "status"}
    names["ErasuresTableName"] = "erasures"
    with mock_aws():
        stack = Stack(boto3.Session(), names)
        stack.__dict__["dynamodb"] = InMemoryDynamoDB(
            {"status": status_table(), "erasures": erasures_table()}
        )
        for bucket in ("uploads", "images"):
            stack.s3.create_bucket(Bucket=bucket)
        stack.s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
        monkeypatch.setattr(where, "find", lambda *_, **__: stack)
        yield stack


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main.app, arguments)


def known(stack: Stack, key: str, number: int = 0, status: str = "completed", **more: object) -> Item:
    created = f"2026-07-14T12:00:{number:02}.000Z"
    known = {
        "sk": "STATUS",
        "created_at": created,
        "listed_at": f"{created}#{number:032x}",
        "list_shard": str(number % 4),
        "status_shard": f"{status}#{number % 4}",
        "size": 1234,
        "log_digest": "d",
    }
    item = status_item(key, status, **known, **more)
    stack.store.replace_status(item, None)
    return item


def test_pages_hold_every_image_once_newest_first(stack: Stack):
    for number in range(7):
        known(stack, f"{number}.jpg", number)
    found, cursor = [], []
    while True:
        page = json.loads(run("list", "--limit", "3", "--json", *cursor).stdout)
        found.append([item["key"] for item in page["items"]])
        if page["cursor"] is None:
            break
        cursor = ["--cursor", page["cursor"]]
    assert found == [["6.jpg", "5.jpg", "4.jpg"], ["3.jpg", "2.jpg", "1.jpg"], ["0.jpg"]]
    everything = json.loads(run("list", "--all", "--json").stdout)
    assert [item["key"] for item in everything["items"]] == [f"{number}.jpg" for number in range(6, -1, -1)]


@pytest.mark.parametrize(("limit", "page"), [(1, 100), (2, 2), (2, 3), (3, 1), (100, 100)])
def test_pages_of_a_prefix_hold_its_images_once(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, limit: int, page: int
):
    """However many others are between them."""
    monkeypatch.setattr(images, "MAX_LIMIT", page)
    for number in range(9):
        known(stack, f"{'trip/' if number % 3 else ''}{number}.jpg", number)
    found, cursor = [], []
    while True:
        seen = json.loads(run("list", "--prefix", "trip/", "--limit", str(limit), "--json", *cursor).stdout)
        found += [item["key"] for item in seen["items"]]
        assert len(seen["items"]) <= limit
        if seen["cursor"] is None:
            break
        assert len(seen["items"]) == limit
        cursor = ["--cursor", seen["cursor"]]
    assert found == [f"trip/{number}.jpg" for number in (8, 7, 5, 4, 2, 1)]
    everything = json.loads(run("list", "--prefix", "trip/", "--all", "--json").stdout)
    assert [item["key"] for item in everything["items"]] == found


def test_a_status_filters_and_a_person_sees_a_table(stack: Stack):
    known(stack, KEY, 1)
    known(stack, "bad[red].jpg", 2, "rejected")
    done = run("list", "--status", "rejected")
    assert "bad[red].jpg" in done.stdout
    assert "1.2 kB" in done.stdout
    assert KEY not in done.stdout
    assert run("list", "--status", "done").exit_code == 2


def test_what_is_no_cursor_is_wrong_usage(stack: Stack):
    raised = run("list", "--cursor", "x").exception
    assert isinstance(raised, Problem)
    assert raised.exit_code == 2


def test_events_are_shown_below_their_causes(stack: Stack):
    for each in (event("1", "ImageUploaded", 0), event("2", "ImageValidated", 150, "1")):
        each.meta["correlation_id"] = "1"  # type: ignore[index]
        stack.store.append(each)
    lines = run("events", "a.jpg").stdout.splitlines()
    assert "ImageUploaded" in lines[0]
    assert "  ImageValidated" in lines[1]
    assert "+150 ms" in lines[1]
    document = json.loads(run("events", "a.jpg", "--json").stdout)
    assert [(each["type"], each.get("ms")) for each in document["events"]] == [
        ("ImageUploaded", None),
        ("ImageValidated", 150),
    ]


def test_an_original_comes_as_the_revision_that_the_status_is_about(stack: Stack, tmp_path: Path):
    version = stack.s3.put_object(Bucket="uploads", Key=KEY, Body=b"old")["VersionId"]
    stack.s3.put_object(Bucket="uploads", Key=KEY, Body=b"new")
    known(stack, KEY, version_id=version)
    target = tmp_path / "out.jpg"
    assert run("get", KEY, "-o", str(target)).exit_code == 0
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.jpg"]


def test_derived_images_come_by_name(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    thumbnails = [{"name": "320x320", "key": "id/rev/thumbnails/320x320.jpg", "format": "JPEG"}]
    known(stack, KEY, thumbnails=thumbnails, watermarked={"key": "id/rev/watermarked.jpg"})
    stack.s3.put_object(Bucket="images", Key="id/rev/thumbnails/320x320.jpg", Body=b"small")
    stack.s3.put_object(Bucket="images", Key="id/rev/watermarked.jpg", Body=b"marked")
    assert run("get", KEY, "--thumbnail", "320x320").exit_code == 0
    assert run("get", KEY, "--processed").exit_code == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "été 1+1 🌅.320x320.jpg": b"small",
        "été 1+1 🌅.watermarked.jpg": b"marked",
    }
    assert run("get", KEY, "--processed", "-o", "-").stdout == "marked"
    missing = run("get", KEY, "--thumbnail", "9x9").exception
    assert isinstance(missing, Problem)
    assert (missing.advice, missing.exit_code) == ("Available: 320x320", 1)


@pytest.mark.parametrize("options", [(), ("-o", "photo.jpg")])
def test_a_file_that_exists_is_overwritten_only_by_force(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
):
    monkeypatch.chdir(tmp_path)
    stack.s3.put_object(Bucket="uploads", Key="albums/a/photo.jpg", Body=b"theirs")
    mine = tmp_path / "photo.jpg"
    mine.write_bytes(b"mine")
    refused = run("get", "albums/a/photo.jpg", *options).exception
    assert isinstance(refused, Problem)
    assert (refused.message, refused.exit_code, mine.read_bytes()) == ("photo.jpg exists.", 2, b"mine")
    assert run("get", "albums/a/photo.jpg", *options, "--force").exit_code == 0
    assert mine.read_bytes() == b"theirs"


def test_what_is_no_regular_file_is_not_replaced_by_one(stack: Stack, tmp_path: Path):
    """As root, /dev/null would be."""
    stack.s3.put_object(Bucket="uploads", Key=KEY, Body=b"x")
    os.mkfifo(tmp_path / "device")
    raised = run("get", KEY, "-o", str(tmp_path / "device"), "--force").exception
    assert isinstance(raised, Problem)
    assert (raised.exit_code, (tmp_path / "device").is_fifo()) == (2, True)


def test_a_file_that_cannot_be_written_is_said_in_a_line(stack: Stack, tmp_path: Path):
    stack.s3.put_object(Bucket="uploads", Key=KEY, Body=b"x")
    raised = run("get", KEY, "-o", str(tmp_path / "no" / "x.jpg")).exception
    assert isinstance(raised, Problem)
    assert "cannot be written" in raised.message


@pytest.mark.parametrize("key", ["folder/", "a/..", "-"])
def test_a_key_without_a_file_name_needs_one(key: str):
    with pytest.raises(Problem):
        download.file_name(key)


def test_delete_covers_the_original_and_keeps_its_versions(stack: Stack):
    version = stack.s3.put_object(Bucket="uploads", Key=KEY, Body=b"x")["VersionId"]
    assert json.loads(run("delete", KEY, "--json").stdout)["items"] == [{"key": KEY, "ok": True}]
    assert stack.s3.get_object(Bucket="uploads", Key=KEY, VersionId=version)["Body"].read() == b"x"
    assert str(run("delete", KEY).exception) == f"The image {KEY!r} was deleted."


@pytest.mark.parametrize("options", [(), ("--processed",), ("--thumbnail", "320x320")])
def test_there_is_nothing_to_get_of_a_deleted_image(stack: Stack, options: tuple[str, ...]):
    known(stack, KEY, status="deleted")
    assert str(run("get", KEY, *options).exception) == f"The image {KEY!r} was deleted."


@pytest.mark.parametrize(
    "command",
    [
        *[("status",), ("status", "--at", "1d"), ("diff", "--at", "1d"), ("events",), ("events", "--all")],
        *[("get",), ("get", "--processed"), ("delete",), ("erase", "--yes")],
    ],
)
def test_an_unknown_key_is_exit_code_1(stack: Stack, command: tuple[str, ...]):
    raised = run(command[0], "nobody.jpg", *command[1:]).exception
    assert isinstance(raised, Problem)
    assert (raised.message, raised.exit_code) == ("There is no image 'nobody.jpg'.", 1)
