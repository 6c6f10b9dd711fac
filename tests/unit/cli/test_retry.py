"""`imagebus retry` sends what the API sends, and an unreadable image does not stop the others."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from typer.testing import CliRunner

from api.app import Api
from api.page import Page
from api.settings import Settings
from api.storage import Original
from imagebus.events.catalog import STAGE_NAMED
from imagebus.history.fold import Item, fold
from imagebus.history.recorded import RecordedEvent
from imagebus.history.required import DEFAULT, Required
from imagebus.missed import Uploads
from imagebus.naming import inbox_urls
from imagebus.recipes.store import DynamoDBRecipes
from imagebus.retrying import Retrier
from imagebus.testing import InMemoryDynamoDB, ManualClock, recipes_table, status_table
from imagebus_cli import main
from imagebus_cli.images import lookup
from imagebus_cli.problem import Problem
from imagebus_cli.stack import find as where
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.uploads import tracking
from tests.unit.core.events import KEY, failure, processed, recorded, stalled, story
from tests.unit.history.test_retry import RecordingQueues, logs

INBOXES = inbox_urls("queue://{stage}")
REQUIRED = Required.parse(DEFAULT)
CLOCK = ManualClock()


class Deployed(Stack):
    """A stack in memory; `queues` records what is sent."""

    queues: RecordingQueues

    def hold(self, *log: RecordedEvent) -> None:
        for event in log:
            self.store.append(event)
        item = fold(log, REQUIRED)
        before = self.store.status(item["image_key"])
        self.store.replace_status(item, before["log_digest"] if before else None)


def deployed() -> Deployed:
    names = {"StatusTableName": "status", "InboxUrls": "queue://{stage}", "RequiredFacts": DEFAULT}
    names["UploadsBucketName"] = "uploads"
    stack = Deployed(boto3.Session(region_name="us-east-1"), names)
    stack.__dict__["dynamodb"] = InMemoryDynamoDB({"status": status_table()})
    stack.__dict__["queues"] = stack.__dict__["sqs"] = RecordingQueues()
    return stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Deployed:
    stack = deployed()
    monkeypatch.setattr(where, "find", lambda *_, **__: stack)
    monkeypatch.setattr(Uploads, "why", lambda *_: "")  # S3 shows what the status does
    return stack


def run(*arguments: str) -> tuple[int, Any]:
    done = CliRunner().invoke(main.app, ["retry", *arguments, "--json"])
    if isinstance(done.exception, Problem) and not done.stdout:
        raise done.exception
    code = done.exception.exit_code if isinstance(done.exception, Problem) else done.exit_code
    return code, json.loads(done.stdout)


def failed(key: str, stage: str = "thumbnailer") -> list[RecordedEvent]:
    """Everything is done except the work of one stage, which failed."""
    events = story(key)
    facts = STAGE_NAMED[stage].emits if stage in STAGE_NAMED else ()
    kept = [event for event in events if event.detail_type not in facts]
    return [recorded(event) for event in [*kept, failure(events[1], stage, clock=CLOCK)]]


def test_one_stage_is_retried_and_no_other(stack: Deployed):
    stack.hold(*failed(KEY))
    assert run(KEY) == (
        0,
        {
            "ok": True,
            "items": [
                {
                    "key": KEY,
                    "ok": True,
                    "retried": [{"event": "ImageValidated", "stages": ["thumbnailer"]}],
                }
            ],
        },
    )
    assert [url for url, _ in stack.queues.sent] == ["queue://thumbnailer"]


def test_an_image_that_cannot_be_read_is_reported_and_the_others_are_retried(stack: Deployed):
    for key in ("a.jpg", "b.jpg", "c.jpg"):
        stack.hold(*failed(key))
    rows = stack.dynamodb.tables["status"].partitions["b.jpg"]  # type: ignore[attr-defined]
    rows[min(rows)]["event"] = {"S": "not JSON"}
    code, document = run("--all-failed")
    assert code == 1
    assert {each["key"]: each["ok"] for each in document["items"]} == {
        "a.jpg": True,
        "b.jpg": False,
        "c.jpg": True,
    }
    (why,) = [each["why"] for each in document["items"] if not each["ok"]]
    assert "JSON" in why


def test_one_image_and_all_get_the_same_answer(stack: Deployed):
    stack.hold(*failed("a.jpg"))
    one = run("a.jpg")
    assert one == run("--all-failed") == run("--prefix", "a") == run("a.jpg", "a.jpg")
    assert run("--prefix", "b") == (0, {"ok": True, "items": []})
    done = CliRunner().invoke(main.app, ["retry", "--prefix", "b"])
    assert done.stdout == "No image has failed.\n"


def test_several_images_are_retried_and_watched_together(stack: Deployed, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        tracking, "statuses", lambda stack, keys, *_: {k: stack.store.status(k) for k in keys}
    )
    for key in ("a.jpg", "b.jpg"):
        stack.hold(*failed(key))
    code, document = run("a.jpg", "b.jpg", "--watch", "--timeout", "0")
    assert code == 1
    assert [(each["key"], each["ok"], each["status"]) for each in document["items"]] == [
        ("a.jpg", False, "failed"),
        ("b.jpg", False, "failed"),
    ]


def test_a_stage_without_an_inbox_is_reported_and_the_others_are_retried(stack: Deployed):
    events = story()
    stall = stalled(events[0], clock=CLOCK)
    log = [*events[:5], stall, failure(stall, "tagger", clock=CLOCK)]
    stack.hold(*(recorded(event) for event in log))
    code, document = run(KEY)
    assert code == 1
    (item,) = document["items"]
    assert [each["stages"] for each in item["retried"]] == [["labels"]]
    assert "tagger" in item["why"]


def test_an_unknown_key_is_a_problem_and_a_finished_image_exits_with_1(
    stack: Deployed, monkeypatch: pytest.MonkeyPatch
):
    stack.hold(*(recorded(event) for event in story()))
    code, document = run(KEY)
    assert (code, document["items"][0]["retried"]) == (1, [])
    monkeypatch.setattr(lookup, "uploaded", lambda *_: None)
    code, document = run("nobody.jpg")
    assert (code, document["items"][0]["why"]) == (1, "There is no image 'nobody.jpg'.")
    monkeypatch.setattr(lookup, "uploaded", lambda *_: {"ContentLength": 1})
    assert "has no events yet" in run("nobody.jpg")[1]["items"][0]["why"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ((), "is still being processed. If a stage does not finish, the image fails; retry it then."),
        ((processed,), "is completed, and no stage has failed or is outstanding."),
    ],
)
def test_why_there_is_nothing_to_retry_is_said(stack: Deployed, more: tuple[Any, ...], why: str):
    events = story()
    kept = events if more else events[:2]
    stack.hold(*map(recorded, [*kept, *(make(events, clock=CLOCK) for make in more)]))
    done = CliRunner().invoke(main.app, ["retry", KEY])
    assert isinstance(done.exception, Problem)
    assert (done.exception.exit_code, done.exception.message) == (
        1,
        f"Nothing to retry: the image {KEY!r} {why}",
    )


def test_watching_a_retry_ignores_the_old_failure(stack: Deployed, monkeypatch: pytest.MonkeyPatch):
    looks = itertools.count()

    def look(stack: Deployed, keys: Iterable[str], *_: object) -> dict[str, Item]:
        if next(looks) == 1:
            events = story()
            stack.hold(*map(recorded, [*events, processed(events, clock=CLOCK)]))
        return {key: item for key in keys if (item := stack.store.status(key))}

    monkeypatch.setattr(tracking, "statuses", look)
    stack.hold(*failed(KEY))
    code, document = run(KEY, "--watch")
    assert (code, document["items"][0]["status"]) == (0, "completed")


def test_watching_a_retry_that_does_not_help_ends_with_1(stack: Deployed, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tracking, "statuses", lambda stack, *_: {KEY: stack.store.status(KEY)})
    stack.hold(*failed(KEY))
    code, document = run(KEY, "--watch", "--timeout", "0")
    assert (code, document["items"][0]["status"]) == (1, "failed")


class Bucket:
    def original(self, *_: str) -> Original:
        return Original(1, datetime(2026, 1, 1, tzinfo=UTC))


def asked_of_the_api(stack: Deployed) -> list[tuple[str, str]]:
    queues = RecordingQueues()
    api = Api(
        Settings("status", "uploads", "images", INBOXES),
        store=stack.store,
        index=stack.index,
        storage=Bucket(),  # type: ignore[arg-type]
        retrier=Retrier(stack.store, lambda: queues, INBOXES, REQUIRED),  # type: ignore[arg-type,return-value]
        recipes=DynamoDBRecipes(InMemoryDynamoDB({"recipes": recipes_table()}), "recipes", CLOCK),
        clock=CLOCK,
        page=lambda: Page("", "", ""),
    )
    api({"path": "/images/a.jpg/retry", "httpMethod": "POST", "headers": {}, "body": None}, None)
    return queues.sent


@given(logs("a.jpg"))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_api_and_the_command_send_the_same(log: list[RecordedEvent]):
    stack = deployed()
    stack.hold(*log)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, "find", lambda *_, **__: stack)
        patch.setattr(Uploads, "why", lambda *_: "")
        run("a.jpg")
    assert stack.queues.sent == asked_of_the_api(stack)
