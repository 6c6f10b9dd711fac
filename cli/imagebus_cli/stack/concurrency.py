"""How many executions a stack may ask Lambda for at once, and what suits the account's limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

#: The least MaximumConcurrency of an event source mapping.
#: https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html
LEAST = 2
#: A message whose invocation is throttled was received all the same, which counts as an attempt.
#: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
PATIENT = 50


def limits(root: Path, values: Mapping[str, str]) -> Counter[str]:
    """The parameters (or numbers) that limit the mappings which poll, and how many each one limits."""
    from imagebus_local import nesting

    template = nesting.whole(root)
    polled = {str(condition): _holds(template, condition, values) for condition in template["Conditions"]}
    found: Counter[str] = Counter()
    for limit, enabled in _mappings(template):
        if polled.get(enabled["Fn::If"][0], False) if isinstance(enabled, dict) else enabled:
            found[str(limit["Ref"] if isinstance(limit, dict) else limit)] += 1
    return found


def asked(limits: Counter[str], values: Mapping[str, str]) -> int:
    """The most executions at once that the mappings ask for."""
    return sum(number * int(values.get(limit, limit)) for limit, number in limits.items())


def fitting(limit: int, limits: Counter[str], values: Mapping[str, str]) -> dict[str, str]:
    """Values of the parameters with which the stack works in an account with this limit; empty if it fits.

    Where even the least is too much, throttled messages need more attempts than usual.
    """
    if asked(limits, values) <= limit:
        return {}
    each = max(LEAST, limit // limits.total())
    chosen = {name: str(min(each, int(values[name]))) for name in sorted(limits) if name in values}
    if asked(limits, {**values, **chosen}) > limit:
        chosen["MaxReceiveCount"] = str(max(PATIENT, int(values.get("MaxReceiveCount", 0))))
    return {name: value for name, value in chosen.items() if values.get(name) != value}


def _mappings(whole: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """The limit of each event source mapping, and whether it is enabled."""
    for resource in whole["Resources"].values():
        properties = resource.get("Properties") or {}
        if resource["Type"] == "AWS::Lambda::EventSourceMapping":
            enabled = {"Fn::If": [resource["Condition"]]} if "Condition" in resource else True
            yield properties["ScalingConfig"]["MaximumConcurrency"], enabled
        for event in properties.get("Events", {}).values():
            if event["Type"] == "SQS":
                source = event["Properties"]
                yield source["ScalingConfig"]["MaximumConcurrency"], source.get("Enabled", True)


def _holds(template: Mapping[str, Any], name: str, values: Mapping[str, str]) -> bool:
    """Whether a condition of the form "parameter equals value" is true."""
    condition = template["Conditions"][name]
    if "Fn::Equals" not in condition:
        return False
    parameter, value = condition["Fn::Equals"]
    return values.get(parameter["Ref"]) == str(value)
