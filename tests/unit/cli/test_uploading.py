"""`imagebus upload`: every file once, however often the run was interrupted."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from imagebus.store import marshal_item
from imagebus_cli import main
from imagebus_cli.problem import Problem
from imagebus_cli.stack import find as where
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.uploads import transfer as uploading
from imagebus_cli.uploads.files import collect
from imagebus_cli.uploads.transfer import UploadOutcome, UploadResult
from tests.tables import create_table
from tests.unit.cli.builders import item

BUCKET = "uploads"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with mock_aws():
        stack = Stack(boto3.Session(), {"UploadsBucketName": BUCKET, "StatusTableName": "status"})
        stack.s3.create_bucket(Bucket=BUCKET)
        stack.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        monkeypatch.setattr(where, "find", lambda *_, **__: stack)
        yield stack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return pictures(tmp_path / "photos", 20)


def pictures(folder: Path, count: int) -> Path:
    (folder / "2026").mkdir(parents=True)
    for number in range(count):
        (folder / "2026" / f"{number:03}.jpg").write_bytes(b"picture %d" % number)
    return folder


def upload(stack: Stack, *paths: Path, jobs: int = 4) -> UploadResult:
    return uploading.upload(stack.s3, BUCKET, collect(paths), jobs=jobs, stop=threading.Event())


def versions(stack: Stack) -> list[str]:
    pages = stack.s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET)
    return [version["Key"] for page in pages for version in page.get("Versions", [])]


def interrupt_after(stack: Stack, puts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C during the n-th put."""
    put_object, count, lock = stack.s3.put_object, iter(range(1, 10_000)), threading.Lock()

    def put(**request: Any) -> Any:
        with lock:
            if next(count) == puts:
                os.kill(os.getpid(), signal.SIGINT)
        return put_object(**request)

    monkeypatch.setattr(stack.s3, "put_object", put)


def test_two_hundred_files_interrupted_twice_arrive_once_each(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder, runner, said = pictures(tmp_path / "photos", 200), CliRunner(), []
    for puts in (60, 60, 1000):
        with monkeypatch.context() as patch:
            interrupt_after(stack, puts, patch)
            done = runner.invoke(main.app, ["upload", str(folder), "--json", "--jobs", "4"])
        said.append((done.exit_code, json.loads(done.stdout)))
    assert [code for code, _ in said] == [130, 130, 0]
    assert [document["interrupted"] for _, document in said] == [True, True, False]
    assert all(document["not_begun"] > 0 for _, document in said[:2])
    assert sorted(versions(stack)) == [f"2026/{number:03}.jpg" for number in range(200)]
    uploaded = [key for _, document in said for key in document["uploaded"]]
    assert sorted(uploaded) == sorted(versions(stack))


def test_an_interrupted_run_says_how_far_it_came_and_how_to_go_on(
    stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    interrupt_after(stack, 5, monkeypatch)
    done = CliRunner().invoke(main.app, ["upload", str(folder), "--jobs", "2"])
    assert done.exit_code == 130
    assert "20 files:" in done.stdout
    assert "not started" in done.stdout
    assert "Run the same command again" in done.stderr


def test_a_second_run_uploads_nothing(stack: Stack, folder: Path):
    upload(stack, folder)
    again = upload(stack, folder)
    assert len(again.of(UploadOutcome.UNCHANGED)) == 20
    assert len(versions(stack)) == 20


def test_a_changed_file_of_the_same_size_becomes_a_new_version(stack: Stack, tmp_path: Path):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"one")
    upload(stack, picture)
    picture.write_bytes(b"two")
    assert [done.outcome for done in upload(stack, picture).results] == [UploadOutcome.UPLOADED]
    assert versions(stack) == ["a.jpg", "a.jpg"]


def test_what_another_tool_put_is_known_by_its_etag(stack: Stack, tmp_path: Path):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"one")
    stack.s3.put_object(Bucket=BUCKET, Key="a.jpg", Body=b"one")
    assert [done.outcome for done in upload(stack, picture).results] == [UploadOutcome.UNCHANGED]


def test_an_object_of_several_parts_without_a_checksum_counts_as_different():
    assert not uploading.same({"ContentLength": 3, "ETag": '"0123-2"'}, b"one")


def test_a_deleted_image_is_uploaded_again(stack: Stack, tmp_path: Path):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"one")
    upload(stack, picture)
    stack.s3.delete_object(Bucket=BUCKET, Key="a.jpg")
    assert [done.outcome for done in upload(stack, picture).results] == [UploadOutcome.UPLOADED]


def test_a_put_whose_answer_was_lost_is_not_put_twice(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"one")
    put_object = stack.s3.put_object

    def put_twice(**request: Any) -> Any:  # as the SDK does after a broken connection
        put_object(**request)
        return put_object(**request)

    monkeypatch.setattr(stack.s3, "put_object", put_twice)
    assert [done.outcome for done in upload(stack, picture).results] == [UploadOutcome.UNCHANGED]
    assert versions(stack) == ["a.jpg"]


def test_a_file_that_cannot_be_uploaded_stops_no_other(stack: Stack, folder: Path):
    too_long = folder / ("d" * 250) / ("e" * 250) / ("f" * 250) / ("g" * 250) / f"{'h' * 100}.jpg"
    too_long.parent.mkdir(parents=True)
    too_long.write_bytes(b"x")
    with (folder / "huge.jpg").open("wb") as huge:
        huge.truncate(uploading.MAX_BYTES + 1)  # takes no room on the disk
    done = CliRunner().invoke(main.app, ["upload", str(folder), "--json"])
    assert done.exit_code == 1
    document = json.loads(done.stdout)
    assert {each["why"] for each in document["failed"]} == {
        "its key is longer than 1024 bytes",
        "it has more than 5 GB, and S3 takes no more in one request",
    }
    assert len(document["uploaded"]) == 20


def test_of_a_folder_the_images_are_taken_and_keys_keep_its_folders(tmp_path: Path):
    for name in ("b/été 1+1.JPG", "a.png", "notes.txt", ".hidden.jpg", ".git/x.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert [file.key for file in collect([tmp_path], "trip/")] == ["trip/a.png", "trip/b/été 1+1.JPG"]
    assert [file.key for file in collect([tmp_path / "notes.txt"])] == ["notes.txt"]


def test_what_is_left_out_of_a_folder_is_named_and_only_a_missed_image_is_a_failure(
    stack: Stack, tmp_path: Path
):
    for name in ("a.jpg", "b.bmp"):
        (tmp_path / name).write_bytes(b"x")
    done = CliRunner().invoke(main.app, ["upload", str(tmp_path)])
    assert done.exit_code == 0
    assert f"1 skipped: 1 no image extension ({tmp_path}/b.bmp)" in done.stdout
    (tmp_path / "c.jpg").symlink_to("nowhere")
    (tmp_path / os.fsdecode(b"\xff.jpg")).write_bytes(b"x")
    done = CliRunner().invoke(main.app, ["upload", str(tmp_path), "--json"])
    assert done.exit_code == 1
    why = {Path(each["file"]).name: each["why"] for each in json.loads(done.stdout)["skipped"]}
    assert why == {
        "b.bmp": "no image extension",
        "c.jpg": "broken link",
        "\\xff.jpg": "name not in UTF-8",
    }


def test_two_files_of_one_key_are_wrong_usage(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.jpg").write_bytes(b"")
    with pytest.raises(Problem, match="same key") as raised:
        collect([tmp_path / "a", tmp_path / "b"])
    assert raised.value.exit_code == 2


def test_a_missing_file_is_wrong_usage(tmp_path: Path):
    with pytest.raises(Problem) as raised:
        collect([tmp_path / "nowhere.jpg"])
    assert raised.value.exit_code == 2


def test_a_pipe_that_may_never_end_is_wrong_usage(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(Problem, match="neither a file nor a folder") as raised:
        collect([tmp_path / "pipe.jpg"])
    assert raised.value.exit_code == 2


def test_watching_follows_images_to_their_end_and_fails_for_those_that_did_not_complete(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    create_table(stack.dynamodb, "status")
    for name, status in {"a.jpg": "completed", "b.jpg": "rejected", "c.jpg": "completed"}.items():
        (tmp_path / name).write_bytes(b"x")
        known = marshal_item({"sk": "STATUS", **item(name, status)})
        stack.dynamodb.put_item(TableName="status", Item=known)
    upload(stack, tmp_path)
    (tmp_path / "c.jpg").write_bytes(b"y")  # its new revision never gets a final status
    done = CliRunner().invoke(main.app, ["upload", str(tmp_path), "--watch", "--timeout", "0.3", "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["statuses"] == {"a.jpg": "completed", "b.jpg": "rejected"}
    text = CliRunner().invoke(main.app, ["upload", str(tmp_path / "a.jpg"), "--watch"])
    assert text.exit_code == 0
    assert text.stdout.splitlines()[-1] == "a.jpg: unchanged, completed"
    (tmp_path / "new.jpg").write_bytes(b"x")
    only = CliRunner().invoke(main.app, ["upload", str(tmp_path / "new.jpg"), "--prefix", "trip/"])
    assert only.stdout.splitlines()[-1] == "trip/new.jpg: uploaded"
