"""The committed dashboard and alarms are the generated ones, and every alarm has its page in the runbook."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from imagebus_cli import cost
from monitoring.alarms import ALARMS, STAGES, Alarm
from monitoring.dashboard import body
from monitoring.generate import PATH, template, text
from security.translate import translated

ROOT = Path(__file__).parents[2]


def test_the_committed_stack_is_the_generated_one() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "run: python -m monitoring.generate"


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


def test_the_idle_cost_counts_the_alarms_and_polled_queues_that_there_are() -> None:
    resources = translated(ROOT / "template.yml")["Resources"].values()
    mappings = [each for each in resources if each["Type"] == "AWS::Lambda::EventSourceMapping"]
    assert len(mappings) == cost.POLLED_QUEUES
    assert len(ALARMS) == cost.ALARMS
