"""An idle stack costs the sum of its parts in the template, and stays under the target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imagebus_cli.measure.cost import load_prices
from imagebus_cli.measure.idle import ALL_ALARMS, CONTINUOUS, DEFAULT, Schedule, Standing, idle
from tools.security.translate import translated

ROOT = Path(__file__).parents[3]
REGIONS = ["us-east-1", "eu-west-1"]


def month(standing: Standing, region: str = "us-east-1") -> float:
    price, free, _ = load_prices(region)
    return sum(line.usd for line in idle(price, free, standing))


@pytest.mark.parametrize("region", REGIONS)
def test_an_idle_stack_costs_less_than_two_dollars_a_month(region: str) -> None:
    assert month(DEFAULT, region) < 2.00


def test_an_idle_stack_pays_for_polls_drains_and_alarms() -> None:
    price, free, _ = load_prices("us-east-1")
    standing = Standing(2, 12, (Schedule("drain", 10, 512, 1.5, receives=3),))
    by_name = {line.component: line.usd for line in idle(price, free, standing)}
    assert by_name["SQS, 2 polled queues"] == pytest.approx((2 * 648_000 - 1_000_000) * 4e-7)
    assert by_name["SQS, drained queues"] == pytest.approx(4320 * 3 * 4e-7)
    assert by_name["Lambda, schedules"] == pytest.approx(4320 * 0.5 * 2 * 0.0000166667)
    assert by_name["CloudWatch, alarms"] == pytest.approx(0.2)


def test_telling_of_a_failure_at_once_and_every_alarm_have_their_price() -> None:
    """As docs/cost.md says it."""
    assert month(CONTINUOUS) - month(DEFAULT) == pytest.approx(2.62, abs=0.01)
    assert month(ALL_ALARMS) - month(DEFAULT) == pytest.approx(1.50, abs=0.001)


def settled(node: Any, conditions: Mapping[str, bool]) -> Any:
    """The value without its conditions."""
    if isinstance(node, dict):
        if "Fn::If" in node:
            name, then, otherwise = node["Fn::If"]
            return settled(then if conditions[name] else otherwise, conditions)
        return {name: settled(each, conditions) for name, each in node.items()}
    return [settled(each, conditions) for each in node] if isinstance(node, list) else node


def polled_function(mapping: Mapping[str, Any]) -> str:
    """The function of a mapping, also of a conditional one."""
    name = mapping["FunctionName"]
    return str(name["Fn::If"][1]["Ref"] if "Fn::If" in name else name["Ref"])


def standing(template: Mapping[str, Any], **given: str) -> Standing:
    """What the template leaves running, except for how long an idle run takes."""
    values = {name: str(each.get("Default", "")) for name, each in template["Parameters"].items()} | given
    conditions = {
        "PollsContinuously": values["Polling"] == "continuous",
        "AlarmsOnAll": values["AlarmDetail"] == "all",
    }
    present = {
        name
        for name, each in template["Resources"].items()
        if conditions.get(each.get("Condition", ""), True)
    }
    resources = {
        name: settled(
            {"State": "ENABLED", "Enabled": True, **each.get("Properties", {})}, defaultdict(bool, conditions)
        )
        | {"Type": each["Type"]}
        for name, each in template["Resources"].items()
    }
    mappings = {
        name: each
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::Lambda::EventSourceMapping"
    }
    polled = {name for name in mappings if name in present and resources[name]["Enabled"]}
    known = {each.function: each for each in (*DEFAULT.schedules, *CONTINUOUS.schedules)}
    schedules = []
    for rule in resources.values():
        if "ScheduleExpression" not in rule or rule["State"] == "DISABLED":
            continue
        function = rule["Targets"][0]["Arn"]["Fn::GetAtt"][0]
        name = function.removesuffix("Function").lower()
        expression = rule["ScheduleExpression"]
        rate = values[expression["Ref"]] if isinstance(expression, dict) else expression
        reads = [
            name
            for name, each in mappings.items()
            if polled_function(each["Properties"]) == function and name not in polled
        ]
        schedules.append(
            replace(
                known[name],
                minutes=int(rate.removeprefix("rate(").removesuffix(" minutes)")),
                memory_mb=resources[function]["MemorySize"],
                receives=len(reads),
            )
        )
    alarms = [name for name in present if resources[name]["Type"] == "AWS::CloudWatch::Alarm"]
    return Standing(len(polled), len(alarms), tuple(sorted(schedules, key=lambda each: each.function)))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, DEFAULT),
        ({"Polling": "continuous"}, CONTINUOUS),
        ({"AlarmDetail": "all"}, ALL_ALARMS),
    ],
    ids=["default", "continuous", "all alarms"],
)
def test_what_is_priced_is_what_the_template_has(given: dict[str, str], wanted: Standing) -> None:
    found = standing(translated(ROOT / "template.yml"), **given)
    assert found == replace(wanted, schedules=tuple(sorted(wanted.schedules, key=lambda each: each.function)))
