"""`imagebus status` and `erase`, as a user or a script sees them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable

import pytest
from typer.testing import CliRunner, Result

from imagebus.history.fold import Item
from imagebus.history.required import DEFAULT, Required
from imagebus.identity import derived_prefix, image_id
from imagebus.testing.errors import client_error
from imagebus_cli import main
from imagebus_cli.images import lookup
from imagebus_cli.problem import Problem
from imagebus_cli.stack import find as where
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.uploads import tracking as uploads
from tests.unit.cli.builders import event
from tests.unit.cli.test_images import KEY, known, stack

__all__ = ["stack"]

FAILURE = {
    "event_id": "e",
    "stage": "thumbnailer",
    "error_type": "MemoryError",
    "message": "too [large]",
    "attempts": 5,
    "at": "2026-07-14T12:00:30.000Z",
}


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main.app, arguments, input=answer)


def failed(stack: Stack, key: str = KEY) -> None:
    more = {"correlation_id": "c", "reason": "stalled", "outstanding": ["labels"], "failures": [FAILURE]}
    known(stack, key, status="failed", **more)


def test_a_person_sees_what_is_outstanding_and_what_failed(stack: Stack):
    failed(stack)
    done = run("status", KEY)
    assert done.exit_code == 0
    assert "failed (stalled)" in done.stdout
    assert image_id(KEY) in done.stdout
    assert "outstanding      labels" in done.stdout
    assert "failed, thumbnailer MemoryError after 5 attempts" in done.stdout
    assert "too [large]" in done.stdout


def outstanding(facts: list[str], stages: Iterable[str]) -> list[str]:
    item = {"outstanding": facts, "stages": {stage: {} for stage in stages}, "revision": "r"}
    return lookup.outstanding(item)


def test_outstanding_facts_are_shown_with_the_stages_that_they_wait_for():
    facts = [*Required.parse(DEFAULT).facts[:2], "ImageTagged"]
    assert outstanding(facts, ["ingest", "validator"]) == [
        "thumbnailer (ThumbnailsCreated)",
        "watermarker (ImageWatermarked or WatermarkSkipped)",
        "ImageTagged",
    ]
    assert outstanding(["ThumbnailsCreated"], ["ingest"]) == [
        "validator (ImageValidated)",
        "thumbnailer (ThumbnailsCreated)",
    ]
    assert outstanding([], ["ingest"]) == []


def test_a_failure_that_a_stage_has_made_up_for_is_not_shown(stack: Stack):
    stages = {"thumbnailer": {"at": "2026-07-14T12:05:00.000Z", "event": "ThumbnailsCreated"}}
    known(stack, KEY, correlation_id="c", failures=[FAILURE], stages=stages)
    assert "MemoryError" not in run("status", KEY).stdout


@pytest.mark.parametrize("before", [None, "deleted"])
def test_an_upload_that_is_in_no_log_yet_is_being_processed(stack: Stack, before: str | None):
    """As the API says. S3 knows of an upload before any event does."""
    if before:
        known(stack, KEY, status=before, correlation_id="c")
    stack.s3.put_object(Bucket="uploads", Key=KEY, Body=b"12345")
    document = json.loads(run("status", KEY, "--json").stdout)
    assert (document["key"], document["status"], document["size"]) == (KEY, "processing", 5)
    lines = run("status", KEY).stdout.splitlines()
    assert "outstanding      ingest (ImageUploaded)" in lines
    if not before:
        assert "has no events yet" in str(run("events", KEY).exception)


def test_a_folder_of_the_console_is_no_image(stack: Stack):
    stack.s3.put_object(Bucket="uploads", Key="folder/", Body=b"")
    for command in ("status", "events"):
        assert "There is no image 'folder/'" in str(run(command, "folder/").exception)


def test_a_key_that_s3_does_not_show_has_no_status(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    """Without s3:GetObject or s3:ListBucket, S3 answers 403."""
    refuse = client_error("403", "HeadObject", status=403)

    def head(**_: object) -> None:
        raise refuse

    monkeypatch.setattr(stack.s3, "head_object", head)
    assert "There is no image" in str(run("status", KEY).exception)


def test_a_person_sees_what_was_derived_and_by_which_recipe(stack: Stack):
    def made(name: str, form: str) -> dict[str, object]:
        return {"name": name, "width": 64, "height": 36, "format": form, "bytes": 5, "key": "k"}

    small = [made("card", "AVIF"), made("card", "JPEG"), made("icon", "PNG")]
    more = {"correlation_id": "c", "recipe": "0123456789ab", "thumbnails": small, "watermarked": small[1]}
    known(stack, KEY, **more)
    *_, recipe, thumbnails, watermarked = run("status", KEY).stdout.splitlines()
    assert recipe == "recipe           0123456789ab"
    assert thumbnails == "thumbnails       card 64x36 avif, jpeg; icon 64x36 png"
    assert watermarked == "watermarked      64x36 jpeg"


def test_a_script_gets_all_of_it_as_the_api_shows_it(stack: Stack):
    failed(stack)
    document = json.loads(run("status", KEY, "--json").stdout)
    assert (document["key"], document["status"], document["reason"]) == (KEY, "failed", "stalled")
    assert document["image_id"] == image_id(KEY)
    assert document["outstanding"] == ["labels"]
    assert document["failures"][0]["error_type"] == "MemoryError"
    assert "links" not in document
    assert "log_digest" not in document


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_an_unknown_key_has_no_status(stack: Stack, options: tuple[str, ...]):
    done = run("status", "nobody.jpg", *options)
    assert isinstance(done.exception, Problem)
    assert done.exception.exit_code == 1
    assert done.stdout == ""


def read(stack: Stack, keys: Iterable[str], *_: object) -> dict[str, Item]:
    """One by one: the tests' table does not support batches."""
    return {key: item for key in keys if (item := stack.store.status(key))}


@pytest.mark.parametrize(
    ("status", "code"), [("completed", 0), ("rejected", 1), ("failed", 1), ("deleted", 1)]
)
def test_watching_ends_with_the_image_and_fails_unless_it_completed(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, status: str, code: int
):
    monkeypatch.setattr(uploads, "statuses", read)
    known(stack, KEY, status=status, correlation_id="c")
    assert run("status", KEY).exit_code == 0
    done = run("status", KEY, "--watch", "--json")
    assert done.exit_code == code
    assert json.loads(done.stdout)["status"] == status


def test_watching_waits_for_an_image_that_is_new(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    looks = itertools.count()

    def look(stack: Stack, keys: Iterable[str], *_: object) -> dict[str, Item]:
        if next(looks) == 1:
            known(stack, KEY, correlation_id="c")
        return read(stack, keys)

    monkeypatch.setattr(uploads, "statuses", look)
    done = run("status", KEY, "--watch")
    assert done.exit_code == 0
    assert "completed" in done.stdout


def test_watching_gives_up_and_says_how_it_stands(stack: Stack, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "statuses", read)
    known(stack, KEY, status="processing", correlation_id="c")
    done = run("status", KEY, "--watch", "--timeout", "0", "--json")
    assert (done.exit_code, json.loads(done.stdout)["status"]) == (1, "processing")


def image(stack: Stack) -> None:
    """Two versions, one derived image, an event and a status item; and a neighbour."""
    for body in (b"old", b"new"):
        stack.s3.put_object(Bucket="uploads", Key="a.jpg", Body=body)
    stack.s3.put_object(Bucket="uploads", Key="a.jpg.backup", Body=b"x")
    stack.s3.put_object(Bucket="images", Key=f"{derived_prefix('a.jpg')}x.jpg", Body=b"x")
    stack.store.append(event("1", "ImageUploaded", 0))
    known(stack, "a.jpg")


def left(stack: Stack) -> list[str]:
    return [each["Key"] for each in stack.s3.list_object_versions(Bucket="uploads").get("Versions", [])]


def test_a_script_is_told_what_was_erased(stack: Stack):
    image(stack)
    done = run("erase", "a.jpg", "--yes", "--json")
    assert json.loads(done.stdout) == {
        "ok": True,
        "items": [{"key": "a.jpg", "ok": True, "versions": 2, "derived": 1, "items": 2}],
    }
    assert left(stack) == ["a.jpg.backup"]


def test_nothing_is_erased_without_a_yes_and_the_question_is_no_part_of_the_answer(stack: Stack):
    image(stack)
    refused = run("erase", "a.jpg", answer="n\n")
    assert refused.exit_code == 1
    assert len(left(stack)) == 3
    done = run("erase", "a.jpg", "--json", answer="y\n")
    assert json.loads(done.stdout.removeprefix(" y"))["items"][0]["versions"] == 2  # the echo of the input
    assert "Permanently erase" in done.stderr


def test_there_is_nothing_to_erase_under_an_unknown_key(stack: Stack):
    done = run("erase", "nobody.jpg", "--yes", "--json")
    assert isinstance(done.exception, Problem)
    assert done.exception.exit_code == 1


@pytest.mark.parametrize("command", [("status", "a"), ("erase", "a"), ("smoke",), ("cost",)])
def test_the_stack_that_is_named_is_the_one_that_is_asked(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
):
    asked = []

    def find(name: str | None, **where: str | None) -> None:
        asked.append((name, where))
        raise Problem("none")

    monkeypatch.setattr(where, "find", find)
    run(*command, "--stack", "s", "--profile", "p", "--region", "r")
    assert asked == [("s", {"profile": "p", "region": "r"})]
