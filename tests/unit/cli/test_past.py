"""`imagebus status --at`, `events --all` and `diff`, as a user or a script sees them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner, Result

from imagebus.clock import parse_timestamp
from imagebus.history.required import DEFAULT
from imagebus.testing import ManualClock
from imagebus_cli import main
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack
from tests.unit.cli.test_images import stack
from tests.unit.core.events import FIRST, KEY, SECOND, AnEvent, processed, recorded, story

__all__ = ["stack"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main.app, arguments)


@pytest.fixture
def log(stack: Stack) -> list[AnEvent]:
    """An upload that was completed, and a second one an hour later."""
    stack.outputs["RequiredFacts"] = DEFAULT
    clock = ManualClock()
    first = story(clock=clock)
    first.append(processed(first, clock=clock))
    clock.advance(3600)
    events = [*first, *story(rev=SECOND, clock=clock)]
    for each in events:
        stack.store.append(recorded(each))
    return events


def problem(*arguments: str) -> Problem:
    raised = run(*arguments).exception
    assert isinstance(raised, Problem)
    return raised


def test_the_status_of_a_moment_is_what_was_known_then(log: list[AnEvent]):
    completed = next(event for event in log if event.detail_type == "ImageProcessed")
    then = json.loads(run("status", KEY, "--at", completed.meta.occurred_at, "--json").stdout)
    assert (then["status"], then["revision"]) == ("completed", FIRST)
    uploaded = json.loads(run("status", KEY, "--at", log[0].meta.occurred_at, "--json").stdout)
    assert (uploaded["status"], uploaded["stages"].keys()) == ("processing", {"ingest"})
    assert json.loads(run("status", KEY, "--at", "0m", "--json").stdout)["revision"] == SECOND


def test_before_the_first_event_nothing_was_known(log: list[AnEvent]):
    before = (parse_timestamp(log[0].meta.occurred_at) - timedelta(milliseconds=1)).isoformat()
    raised = problem("status", KEY, "--at", before)
    assert "Nothing was known" in raised.message
    assert raised.exit_code == 1
    assert "no image 'nobody.jpg'" in problem("status", "nobody.jpg", "--at", "1d").message


def test_invalid_times_and_watching_the_past_are_usage_errors(log: list[AnEvent]):
    assert problem("status", KEY, "--at", "yesterday").exit_code == 2
    assert problem("status", KEY, "--at", "1d", "--watch").exit_code == 2
    assert problem("diff", KEY, "--at", "1h", "--to", "2h").exit_code == 2


def test_every_revision_is_shown_oldest_first(log: list[AnEvent]):
    shown = json.loads(run("events", KEY, "--all", "--json").stdout)["revisions"]
    assert [each["revision"] for each in shown] == [FIRST, SECOND]
    assert sum(len(each["events"]) for each in shown) == len(log)
    lines = run("events", KEY, "--all").stdout.splitlines()
    assert [line for line in lines if line.startswith("revision")] == [
        f"revision {FIRST}",
        f"revision {SECOND}",
    ]
    assert problem("events", "nobody.jpg", "--all").exit_code == 1


def test_a_difference_names_each_field_that_changed(log: list[AnEvent]):
    uploaded, validated = log[0].meta.occurred_at, log[1].meta.occurred_at
    found = json.loads(run("diff", KEY, "--at", uploaded, "--to", validated, "--json").stdout)["changes"]
    changed = {each["field"]: (each["before"], each["after"]) for each in found}
    assert changed["width"] == (None, 640)
    assert changed["stages.validator.ms"] == (None, 100)
    assert "size" not in changed
    assert "width: (none) -> 640" in run("diff", KEY, "--at", uploaded, "--to", validated).stdout


def test_equal_moments_show_no_difference_and_before_the_first_event_all_is_new(log: list[AnEvent]):
    at = log[1].meta.occurred_at
    assert run("diff", KEY, "--at", at, "--to", at).stdout == "Nothing changed.\n"
    found = json.loads(run("diff", KEY, "--at", "2000-01-01", "--to", at, "--json").stdout)["changes"]
    assert {"field": "key", "before": None, "after": KEY} in found
