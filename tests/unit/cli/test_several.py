"""Several images in one command, by keys or a prefix: a question that counts, and an answer for each."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from typer.testing import CliRunner, Result

from imagebus.testing.errors import client_error
from imagebus_cli import main
from imagebus_cli.images import lookup, several
from imagebus_cli.problem import Problem
from imagebus_cli.stack import find as where
from imagebus_cli.stack.deployed import Stack
from tests.unit.cli.builders import event
from tests.unit.cli.test_images import known, stack

__all__ = ["stack"]

TRIP = ("trip/a.jpg", "trip/day 2/b.jpg", "trip/day 2/ü.jpg")


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main.app, arguments, input=answer)


def code(done: Result) -> int:
    return int(getattr(done.exception, "exit_code", done.exit_code))


def put(stack: Stack, *keys: str, body: bytes = b"x" * 1000) -> None:
    for key in keys:
        stack.s3.put_object(Bucket="uploads", Key=key, Body=body)


def there(stack: Stack) -> list[str]:
    return [each["Key"] for each in stack.s3.list_objects_v2(Bucket="uploads").get("Contents", [])]


def told(done: Result) -> dict[str, bool]:
    document = json.loads(done.stdout)
    assert document["ok"] is all(each["ok"] for each in document["items"])
    return {each["key"]: each["ok"] for each in document["items"]}


@pytest.mark.parametrize("command", ["get", "delete", "erase", "retry"])
@pytest.mark.parametrize("arguments", [(), ("a.jpg", "--prefix", "a"), ("--prefix", ""), ("", "b.jpg")])
def test_images_are_named_in_one_way(
    monkeypatch: pytest.MonkeyPatch, command: str, arguments: tuple[str, ...]
):
    """An unset variable of a script must not mean every image."""
    monkeypatch.setattr(where, "find", lambda *_, **__: pytest.fail("looked up"))
    assert code(run(command, *arguments)) == 2


@pytest.mark.parametrize("command", [("delete",), ("erase", "--yes"), ("get", "-o", ".")])
def test_a_prefix_that_no_image_has_is_said(stack: Stack, command: tuple[str, ...]):
    put(stack, "other.jpg", "trip/")  # a folder marker of S3's console, if it is empty
    stack.s3.put_object(Bucket="uploads", Key="marker/", Body=b"")
    prefix = "nothing/" if command[0] == "erase" else "marker/"
    done = run(*command, "--prefix", prefix)
    assert code(done) == 1
    assert f"No image's key starts with '{prefix}'" in str(done.exception)


def test_the_question_counts_images_and_bytes_and_only_a_yes_deletes(stack: Stack):
    put(stack, *TRIP, "home.jpg")
    stack.s3.put_object(Bucket="uploads", Key="trip/", Body=b"")
    refused = run("delete", "--prefix", "trip/", answer="n\n")
    assert code(refused) == 1
    assert "Delete 3 images (3.0 kB)? [y/N]" in refused.stderr
    assert len(there(stack)) == 5
    assert code(run("delete", "--prefix", "trip/", answer="y\n")) == 0
    assert there(stack) == ["home.jpg", "trip/"]


def test_one_image_is_deleted_unasked(stack: Stack):
    put(stack, "a.jpg")
    assert code(run("delete", "a.jpg")) == 0
    assert there(stack) == []


@pytest.mark.parametrize("command", ["delete", "erase"])
def test_what_is_not_there_is_told_by_key_and_stops_no_other(stack: Stack, command: str):
    put(stack, "a.jpg", "c.jpg")
    done = run(command, "a.jpg", "b.jpg", "c.jpg", "a.jpg", "--yes", "--json")
    assert code(done) == 1
    assert told(done) == {"a.jpg": True, "b.jpg": False, "c.jpg": True}
    assert json.loads(done.stdout)["items"][1]["why"] == "There is no image 'b.jpg'."
    assert "There is no image 'b.jpg'." in done.stderr
    assert there(stack) == []


@pytest.mark.parametrize("command", [("delete", "b.jpg"), ("erase", "b.jpg", "--yes"), ("get", "b.jpg")])
def test_one_image_has_the_document_that_many_have(stack: Stack, command: tuple[str, ...]):
    done = run(*command, "--json")
    assert code(done) == 1
    assert told(done) == {"b.jpg": False}


def test_a_key_that_aws_refuses_is_named_and_the_others_go(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    put(stack, "a.jpg", "b.jpg")
    delete = lookup.delete

    def refusing(stack: Stack, key: str) -> None:
        if key == "a.jpg":
            raise client_error("AccessDenied", "DeleteObject")
        delete(stack, key)

    monkeypatch.setattr(lookup, "delete", refusing)
    done = run("delete", "a.jpg", "b.jpg", "--yes")
    assert code(done) == 1
    assert "✗ a.jpg: An error occurred (AccessDenied)" in done.stderr
    assert "b.jpg: deleted" in done.stdout
    monkeypatch.setattr(lookup, "delete", lambda *_: refusing(stack, "a.jpg"))
    assert (code(run("delete", "a.jpg", "b.jpg", "--yes", "--json"))) == 3


def test_after_no_answer_nothing_more_is_tried(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    tried = []

    def silent(_: Stack, key: str) -> None:
        tried.append(key)
        raise EndpointConnectionError(endpoint_url="https://s3")

    monkeypatch.setattr(lookup, "delete", silent)
    monkeypatch.setattr(several, "AT_ONCE", 1)
    keys = [f"{number}.jpg" for number in range(100)]
    assert code(run("delete", *keys, "--yes")) == 3
    assert len(tried) < 100


def test_ctrl_c_begins_no_other_image_and_says_how_far_it_came(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    begun, stop, main = [], threading.Event(), threading.main_thread().ident
    assert main
    monkeypatch.setattr(several, "threading", SimpleNamespace(Event=lambda: stop))

    def work(key: str) -> several.ImageOutcome:
        begun.append(key)
        if key == "1":
            stop.wait(0.3)  # so that the command waits for this outcome: a real signal ends that
            for _ in range(5):  # one that comes just before the command waits is not noticed
                signal.pthread_kill(main, signal.SIGINT)
                if stop.wait(2):
                    break
            assert stop.is_set()
        return several.ImageOutcome(key)

    with pytest.raises(KeyboardInterrupt):
        several.each(work, [str(number) for number in range(100)], "deleted", at_once=1)
    assert begun == ["0", "1"]
    said = capsys.readouterr()
    assert "Interrupted after 1 of 100 images." in said.err
    assert "✓" not in said.out


def test_an_erase_by_prefix_finds_old_versions_and_what_only_the_table_knows(stack: Stack):
    put(stack, *TRIP, "home.jpg")
    stack.s3.delete_object(Bucket="uploads", Key=TRIP[0])
    known(stack, "trip/lost.jpg", status="deleted")
    only_logged = event("e", "ImageUploaded", 0)
    only_logged.detail["meta"]["image_key"] = "trip/log only.jpg"
    stack.store.append(only_logged)
    refused = run("erase", "--prefix", "trip/", answer="n\n")
    assert "Permanently erase 5 images with all their versions (3.0 kB)?" in refused.stderr
    done = run("erase", "--prefix", "trip/", "--yes", "--json")
    assert told(done) == dict.fromkeys([*TRIP, "trip/lost.jpg", "trip/log only.jpg"], True)
    assert not list(stack.table.image_keys())
    assert [each["Key"] for each in stack.s3.list_object_versions(Bucket="uploads")["Versions"]] == [
        "home.jpg"
    ]


def files(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_a_prefix_is_downloaded_with_its_folders(stack: Stack, tmp_path: Path):
    put(stack, *TRIP, "home.jpg")
    target = tmp_path / "new" / "folder"
    done = run("get", "--prefix", "trip/da", "-o", str(target), "--json")
    assert (code(done), told(done)) == (0, dict.fromkeys(TRIP[1:], True))
    assert set(files(target)) == {"day 2/b.jpg", "day 2/ü.jpg"}
    assert json.loads(done.stdout)["items"][0]["bytes"] == 1000


def test_keys_are_downloaded_by_their_names_and_two_never_share_one(stack: Stack, tmp_path: Path):
    put(stack, "a/photo.jpg", "b/photo.jpg", "b/other.jpg")
    assert code(run("get", "a/photo.jpg", "b/other.jpg", "-o", str(tmp_path))) == 0
    assert set(files(tmp_path)) == {"photo.jpg", "other.jpg"}
    clash = run("get", "a/photo.jpg", "b/photo.jpg", "-o", str(tmp_path / "x"))
    assert code(clash) == 2
    assert "would both be written to" in str(clash.exception)
    assert not (tmp_path / "x").exists()


def test_one_image_goes_into_a_folder_too(stack: Stack, tmp_path: Path):
    put(stack, "a/photo.jpg")
    assert code(run("get", "a/photo.jpg", "-o", str(tmp_path))) == 0
    assert code(run("get", "a/photo.jpg", "-o", f"{tmp_path}/made/")) == 0
    assert set(files(tmp_path)) == {"photo.jpg", "made/photo.jpg"}


def test_nothing_is_downloaded_if_one_file_would_be_overwritten(stack: Stack, tmp_path: Path):
    put(stack, *TRIP)
    (tmp_path / "a.jpg").write_bytes(b"mine")
    refused = run("get", "--prefix", "trip/", "-o", str(tmp_path))
    assert (code(refused), files(tmp_path)) == (2, {"a.jpg": b"mine"})
    assert code(run("get", "--prefix", "trip/", "-o", str(tmp_path), "--force")) == 0
    assert len(files(tmp_path)) == 3


@pytest.mark.parametrize("options", [(), ("-o", "-"), ("-o", "file.jpg")])
def test_several_images_need_a_folder(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.jpg").touch()
    for names in (TRIP[:2], ("--prefix", "trip/")):
        refused = run("get", *names, *options)
        assert code(refused) == 2
        assert "need a folder" in str(refused.exception)


@pytest.mark.parametrize("key", ["trip/../../evil.jpg", "trip//evil.jpg", "trip/./evil.jpg"])
def test_a_key_never_leads_out_of_the_folder(stack: Stack, tmp_path: Path, key: str):
    put(stack, key, "trip/a.jpg")
    target = tmp_path / "into"
    done = run("get", "--prefix", "trip/", "-o", str(target), "--json")
    assert code(done) == 1
    assert told(done) == {key: False, "trip/a.jpg": True}
    assert set(files(tmp_path)) == {"into/a.jpg"}


def test_a_thumbnail_of_each_is_named_after_its_image(stack: Stack, tmp_path: Path):
    for name in ("a", "b"):
        small = {"name": "card", "key": f"{name}/card.webp", "format": "WEBP"}
        known(stack, f"trip/{name}.jpg", thumbnails=[small])
        put(stack, f"trip/{name}.jpg")
        stack.s3.put_object(Bucket="images", Key=small["key"], Body=name.encode())
    put(stack, "trip/rejected.jpg")
    done = run("get", "--prefix", "trip/", "--thumbnail", "card", "-o", str(tmp_path), "--json")
    assert told(done) == {"trip/a.jpg": True, "trip/b.jpg": True, "trip/rejected.jpg": False}
    assert files(tmp_path) == {"a.card.webp": b"a", "b.card.webp": b"b"}


def listed(*arguments: str) -> Any:
    return [each["key"] for each in json.loads(run("list", *arguments, "--json").stdout)["items"]]


def test_a_list_has_a_beginning_and_an_end(stack: Stack):
    for number in range(10):
        known(stack, f"{number}.jpg", number)
    at = "2026-07-14T12:00:0{}Z".format
    assert listed("--since", at(7)) == ["9.jpg", "8.jpg", "7.jpg"]
    assert listed("--until", at(2)) == ["1.jpg", "0.jpg"]
    assert listed("--since", at(2), "--until", at(4), "--all") == ["3.jpg", "2.jpg"]
    assert listed("--since", at(2), "--until", at(4), "--limit", "1") == ["3.jpg"]
    assert listed("--since", "2027-01-01") == []
    assert listed("--since", "52000w", "--prefix", "3") == ["3.jpg"]


def test_pages_of_a_span_hold_its_images_once(stack: Stack):
    for number in range(10):
        known(stack, f"{number}.jpg", number)
    span = ("--since", "2026-07-14T12:00:02Z", "--until", "2026-07-14T12:00:08Z", "--limit", "4")
    first = json.loads(run("list", *span, "--json").stdout)
    assert [each["key"] for each in first["items"]] == ["7.jpg", "6.jpg", "5.jpg", "4.jpg"]
    assert listed(*span, "--cursor", first["cursor"]) == ["3.jpg", "2.jpg"]


def test_an_empty_span_is_wrong_usage(stack: Stack):
    done = run("list", "--since", "1d", "--until", "2d")
    assert isinstance(done.exception, Problem)
    assert done.exception.exit_code == 2
