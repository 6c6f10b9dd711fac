"""The committed dashboard and alarms are up to date, and every alarm has a section in the runbook."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tools.monitoring.alarms import ALARMS, STAGES, Alarm
from tools.monitoring.dashboard import body
from tools.monitoring.template import PATH, template, text

ROOT = Path(__file__).parents[2]


def test_the_committed_stack_is_the_generated_one() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "run: python -m tools.monitoring.template"


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.name)
def test_every_alarm_has_a_section_in_the_runbook(alarm: Alarm) -> None:
    runbook = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    anchors = [
        re.sub(r"[^a-z0-9 -]", "", line.strip("# ").lower()).replace(" ", "-")
        for line in runbook.splitlines()
        if line.startswith("## ")
    ]
    assert alarm.section in anchors


def test_alarms_are_plain_metrics_that_tell_a_topic() -> None:
    for alarm in ALARMS:
        properties = alarm.resource()["Properties"]
        assert "Metrics" not in properties
        assert properties["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        assert properties["TreatMissingData"] == "notBreaching"


def test_what_is_asked_for_is_alarmed() -> None:
    names = {alarm.name for alarm in ALARMS}
    assert {"DeadLetters", "Errors", "Throttles", "Stalled", "Undelivered"} <= names
    assert {f"{stage}InboxAge" for stage in STAGES} <= names


def test_the_dashboard_shows_every_inbox_and_refers_to_parameters_only() -> None:
    shown = json.dumps(body())
    parameters = set(template()["Parameters"]) | {"AWS::Region"}
    assert set(re.findall(r"\$\{([^}]+)\}", shown)) <= parameters
    for stage in STAGES:
        assert f"${{{stage}Inbox}}" in shown
        assert f"${{{stage}DeadLetters}}" in shown


def test_widgets_do_not_overlap() -> None:
    cells: set[tuple[int, int]] = set()
    for widget in body()["widgets"]:
        mine = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & mine
        assert widget["x"] + widget["width"] <= 24
        cells |= mine


def test_ten_alarms_are_there_by_default_which_is_how_many_are_free() -> None:
    alarms = {
        name: each for name, each in template()["Resources"].items() if each["Type"].endswith("::Alarm")
    }
    essential = {name for name, each in alarms.items() if "Condition" not in each}
    ages = {"IngestInboxAge", "RecorderInboxAge", "NotifierInboxAge"}
    others = {"DeadLetters", "Stalled", "Quarantined", "Undelivered", "FailedAttempts", "Errors", "Throttles"}
    assert essential == ages | others
    assert alarms.keys() == {alarm.name for alarm in ALARMS}
    assert {each.get("Condition", "AlarmsOnAll") for each in alarms.values()} == {"AlarmsOnAll"}
