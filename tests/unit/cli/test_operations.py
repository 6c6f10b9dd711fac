"""A replay covers the requested window, reaches the named rules, and waits for the archive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from imagebus.naming import REPLAY_ELSEWHERE
from imagebus_cli.moments import moment
from imagebus_cli.operations import replay as replaying
from imagebus_cli.operations.replay import Window
from imagebus_cli.problem import Problem

BUS = "arn:aws:events:eu-west-1:123:event-bus/imagebus"
RULE = "arn:aws:events:eu-west-1:123:rule/imagebus/"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NAMES = ["imagebus_recorder", "imagebus_notifier", "imagebus_cleaner"]
PATTERNS = {
    "imagebus_recorder": '{"source": [{"prefix": "imagebus."}]}',
    "imagebus_notifier": '{"detail-type": ["ImageProcessed"], "replay-name": [{"exists": false}]}',
}


class Events:
    """The part of EventBridge that a replay needs."""

    exceptions = boto3.client("events", region_name="eu-west-1").exceptions

    def __init__(self, *states: str) -> None:
        self.states = list(states)
        self.started: dict[str, Any] = {}

    def describe_archive(self, **_: Any) -> Any:
        arn = "arn:aws:events:eu-west-1:123:archive/imagebus-events"
        return {"ArchiveArn": arn, "EventSourceArn": BUS, "CreationTime": NOW - timedelta(days=30)}

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **_: Any) -> Any:
        patterns = {name: {"EventPattern": text} for name, text in PATTERNS.items()}
        return [{"Rules": [{"Name": name, "Arn": RULE + name, **patterns.get(name, {})}]} for name in NAMES]

    def start_replay(self, **request: Any) -> None:
        self.started = request

    def describe_replay(self, **_: Any) -> Any:
        return {"State": self.states.pop(0) if len(self.states) > 1 else self.states[0]}

    def list_targets_by_rule(self, **_: Any) -> Any:
        return {"Targets": [{"Arn": "arn:aws:sqs:eu-west-1:123:inbox"}]}


class Sqs:
    def __init__(self, *depths: int) -> None:
        self.depths = list(depths)

    def get_queue_url(self, **request: Any) -> Any:
        return {"QueueUrl": request["QueueName"]}

    def get_queue_attributes(self, **_: Any) -> Any:
        depth = self.depths.pop(0) if len(self.depths) > 1 else self.depths[0]
        return {"Attributes": {"ApproximateNumberOfMessages": str(depth)}}


class Stack:
    def __init__(self, events: Events, sqs: Sqs | None = None, endpoint: str | None = None) -> None:
        self.events, self.sqs, self.endpoint = events, sqs, endpoint
        self.outputs = {
            "ArchiveName": "imagebus-events",
            "EventBusName": "imagebus",
            "RecorderRuleArn": RULE + NAMES[0],
        }


def stack(*states: str, depths: tuple[int, ...] = (0,), endpoint: str | None = None) -> Any:
    return Stack(Events(*states), Sqs(*depths), endpoint)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T08:00:00Z", datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ("2026-11-21T08:00:00+02:00", datetime(2026, 11, 21, 6, tzinfo=UTC)),
        ("2026-11-21", datetime(2026, 11, 21, tzinfo=UTC)),
        ("2026-11-21 08:00", datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ("2026-11-21t07:59:60z", datetime(2026, 11, 21, 8, tzinfo=UTC)),  # as RFC 3339 and the API have it
    ],
)
def test_a_time_without_a_zone_is_utc(text: str, expected: datetime):
    assert moment(text) == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("90m", 5400), ("36h", 129_600), ("1w", 604_800), ("1h30m", 5400), ("1d12h", 129_600)],
)
def test_an_age_is_a_time_too(text: str, seconds: int):
    before = datetime.now(UTC)
    found = moment(text) + timedelta(seconds=seconds)
    assert before <= found <= datetime.now(UTC)


@pytest.mark.parametrize("text", ["yesterday", "", "h", "-3d", "30m1h", "1h1h", "9" * 20 + "d", "2026-13-01"])
def test_what_is_no_time_is_a_problem_of_usage(text: str):
    with pytest.raises(Problem, match="not a valid time") as caught:
        moment(text)
    assert caught.value.exit_code == 2


def test_without_a_window_it_is_the_whole_archive():
    window = replaying.window(stack(), None, "2026-11-21")
    assert window.start == NOW - timedelta(days=30)


def test_a_window_that_ends_before_it_begins_is_a_problem():
    with pytest.raises(Problem, match="is not before"):
        replaying.window(stack(), "2026-11-21", "2026-11-20")


def test_the_archive_has_an_event_after_ten_minutes_on_aws_and_at_once_in_the_emulator():
    assert replaying.archived_at(stack(), NOW) == NOW + timedelta(minutes=10)
    assert replaying.archived_at(stack(endpoint="http://127.0.0.1:4566"), NOW) == NOW


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], [NAMES[0]]),
        (["cleaner"], [NAMES[2]]),
        (["recorder", NAMES[2]], [NAMES[0], NAMES[2]]),
        ([RULE + NAMES[2]], [NAMES[2]]),
    ],
)
def test_the_recorder_is_reached_unless_others_are_named(names: list[str], expected: list[str]):
    assert replaying.rules(stack(), names) == [RULE + name for name in expected]


@pytest.mark.parametrize("name", ["notifier", NAMES[1], RULE + NAMES[1]])
def test_a_rule_that_excludes_replays_is_refused(name: str):
    """EventBridge would deliver nothing, and the replay would count as completed."""
    with pytest.raises(Problem, match=r"imagebus_notifier excludes replays") as caught:
        replaying.rules(stack(), ["recorder", name])
    assert caught.value.advice == "Rules that receive replays: imagebus_cleaner, imagebus_recorder."


def with_consumers(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`counter` has two rules, of which one takes replays; `mailer` takes none."""
    live = '{"replay-name": [{"exists": false}]}'
    monkeypatch.setitem(PATTERNS, "counter_live", live)
    monkeypatch.setitem(PATTERNS, "mailer", live)
    monkeypatch.setitem(globals(), "NAMES", [*NAMES, "counter", "counter_live", "counters", "mailer"])
    return stack()


def test_a_consumer_is_reached_by_the_name_of_its_stack(monkeypatch: pytest.MonkeyPatch):
    found = with_consumers(monkeypatch)
    assert replaying.rules(found, [], ["counter"]) == [RULE + "counter"]
    assert replaying.rules(found, ["recorder"], ["counter"]) == [RULE + NAMES[0], RULE + "counter"]


def test_a_consumer_without_replays_is_refused_with_what_would_help(monkeypatch: pytest.MonkeyPatch):
    found = with_consumers(monkeypatch)
    with pytest.raises(Problem, match="mailer excludes replays") as caught:
        replaying.rules(found, [], ["mailer"])
    assert "template.yml" in caught.value.advice


@pytest.mark.parametrize("name", ["nobody", "count", "imagebus", "imagebus_recorder"])
def test_what_is_no_consumer_is_a_problem_that_lists_them(monkeypatch: pytest.MonkeyPatch, name: str):
    with pytest.raises(Problem, match=f"No consumer {name} listens") as caught:
        replaying.rules(with_consumers(monkeypatch), [], [name])
    assert "counter, counter_live, counters, mailer" in caught.value.advice


@pytest.mark.parametrize("name", ["nobody", "", "imagebus-"])
def test_a_name_that_is_not_one_rule_is_a_problem_that_lists_them(name: str):
    with pytest.raises(Problem) as caught:
        replaying.rules(stack(), [name])
    assert NAMES[0] in caught.value.advice


def test_the_name_of_a_replay_says_whether_the_recorder_gets_it():
    found, span = stack(), Window(NOW - timedelta(hours=1), NOW)
    recorder = found.outputs["RecorderRuleArn"]
    assert not replaying.start(found, span, [recorder, "rule"]).startswith(REPLAY_ELSEWHERE)
    assert replaying.start(found, span, ["rule"]).startswith(REPLAY_ELSEWHERE)


@pytest.mark.parametrize(("ahead", "ends"), [(0, 0), (2, 2), (10, 5)])
def test_a_window_has_a_margin_for_clocks_that_differ_and_does_not_end_in_the_future(ahead: int, ends: int):
    span = Window(NOW - timedelta(hours=1), NOW)
    wider = replaying.with_margin(span, NOW + timedelta(minutes=ahead))
    assert wider == Window(NOW - timedelta(minutes=65), NOW + timedelta(minutes=ends))


def test_a_replay_reaches_only_the_rules_that_it_names():
    found = stack()
    name = replaying.start(found, Window(NOW - timedelta(hours=1), NOW), ["rule"])
    started = found.events.started
    assert started["ReplayName"] == name
    assert started["EventSourceArn"] == "arn:aws:events:eu-west-1:123:archive/imagebus-events"
    assert started["Destination"] == {"Arn": BUS, "FilterArns": ["rule"]}


def test_it_is_over_when_the_inbox_has_been_empty_twice():
    found, seen = stack("RUNNING", "COMPLETED", depths=(5, 3, 0, 1, 0, 0)), []
    state = replaying.follow(found, "r", [RULE + NAMES[0]], seen.append, pause=0)
    assert state == "COMPLETED"
    assert [each.waiting for each in seen] == [5, 3, 0, 1, 0, 0]
    assert str(seen[0]) == "running, 5 events waiting in the inbox"


def test_a_busy_stack_is_not_waited_for_forever():
    """Its inbox is never empty, but what a replay has left there is more than what uploads do."""
    looks = replaying.BUSY_LOOKS
    found, seen = stack("COMPLETED", depths=(*[3] * looks, 500, 400, 3, 11, 9, 10)), []
    assert replaying.follow(found, "r", [RULE + NAMES[0]], seen.append, pause=0) == "COMPLETED"
    assert [each.waiting for each in seen[looks:]] == [500, 400, 3, 11, 9, 10]


def test_a_replay_that_failed_is_not_waited_for():
    assert replaying.follow(stack("FAILED", depths=(7,)), "r", [RULE + NAMES[0]], print, pause=0) == "FAILED"
