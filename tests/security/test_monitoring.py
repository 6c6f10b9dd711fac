"""The committed dashboard and alarms are up to date, and every alarm has a section in the runbook."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from imagebus.events.catalog import STAGES
from imagebus_local import templates
from tools.monitoring.alarms import ALARMS, Alarm
from tools.monitoring.dashboard import body
from tools.monitoring.template import template
from tools.security.translate import translated

ROOT = Path(__file__).parents[2]


def sections() -> list[str]:
    runbook = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    return [
        re.sub(r"[^a-z0-9 -]", "", line.strip("# ").lower()).replace(" ", "-")
        for line in runbook.splitlines()
        if line.startswith("## ")
    ]


def alarms() -> dict[str, dict[str, Any]]:
    """Every alarm of the system, those of the nested stacks too."""
    resources = translated(ROOT / "template.yml")["Resources"]
    return {name: each for name, each in resources.items() if each["Type"] == "AWS::CloudWatch::Alarm"}


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.name)
def test_every_alarm_has_a_section_in_the_runbook(alarm: Alarm) -> None:
    assert alarm.section in sections()


def test_every_alarm_names_its_section_of_the_runbook() -> None:
    for name, alarm in alarms().items():
        section = alarm["Properties"]["AlarmDescription"].rpartition("Runbook: docs/runbook.md#")[2]
        assert section in sections(), name


def test_alarms_are_plain_metrics_that_tell_a_topic() -> None:
    topic: dict[str, Any] = {"Ref": "MonitoringAlarmTopic"}
    for name, alarm in alarms().items():
        properties = alarm["Properties"]
        assert "Metrics" not in properties
        assert properties["AlarmActions"] == properties["OKActions"], name
        (told,) = properties["AlarmActions"]
        assert told in (topic, {"Fn::If": [alarm.get("Condition"), topic, ""]}), name
        assert properties["TreatMissingData"] == "notBreaching"


def test_what_is_asked_for_is_alarmed() -> None:
    names = {alarm.name for alarm in ALARMS}
    assert {"DeadLetters", "Errors", "Throttles", "Stalled", "Undelivered"} <= names
    for alarm in ("InboxAge", "LostEvents"):
        assert {f"{stage.name.title()}{alarm}" for stage in STAGES} <= alarms().keys()


def test_the_dashboard_shows_every_inbox_and_refers_to_parameters_only() -> None:
    shown = json.dumps(body())
    parameters = set(template()["Parameters"]) | {"AWS::Region"}
    assert set(re.findall(r"\$\{([^}]+)\}", shown)) <= parameters
    declared = templates.read(ROOT / "consumer.yml")["Resources"]
    queues = [declared[name]["Properties"]["QueueName"]["Fn::Sub"] for name in ("Inbox", "DeadLetters")]
    for stage in STAGES:
        for name in queues:
            assert name.replace("${Name}", f"${{Name}}_{stage.name}") in shown


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
    essential = {name for name, each in alarms().items() if "Condition" not in each}
    ages = {"IngestInboxAge", "RecorderInboxAge", "NotifierInboxAge"}
    others = {"DeadLetters", "Stalled", "Quarantined", "Undelivered", "FailedAttempts", "Errors"}
    assert essential == ages | {"IngestLostEvents"} | {f"Monitoring{name}" for name in others}
    assert others == {alarm.name for alarm in ALARMS if alarm.essential}
    assert len(essential) == 10
    assert {each.get("Condition", "AlarmsOnAll") for each in alarms().values()} == {"AlarmsOnAll"}
