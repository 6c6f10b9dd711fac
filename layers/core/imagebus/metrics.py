"""Metrics as CloudWatch's embedded metric format: one JSON line in the log, no call and no library.

Every line holds all that was measured. Which of it CloudWatch turns into metrics is METRIC_DETAIL: the
`essential` ones stay within the ten that an account has for free; `all` adds one per event, stage and code.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

NAMESPACE = "imagebus"

Unit = Literal["Count", "Milliseconds", "Seconds", "Bytes"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """`by` breaks the metric down; `essential` ones are also there as a whole, at any level of detail."""

    name: str
    value: float = 1
    unit: Unit = "Count"
    by: Mapping[str, str] = field(default_factory=dict)
    essential: bool = True


def document(
    measurements: Iterable[Measurement], properties: Mapping[str, Any], *, bus: str, detail: str, at_ms: int
) -> dict[str, Any]:
    """The line to log. What `by` and `properties` name is in it at any level of detail."""
    directives, line = [], dict(properties)
    for each in measurements:
        line |= {**each.by, each.name: each.value}
        sets = [["bus"]] if each.essential else []
        if each.by and detail == "all":
            sets.append(["bus", *each.by])
        if sets:
            metric = {"Name": each.name, "Unit": each.unit}
            directives.append({"Namespace": NAMESPACE, "Dimensions": sets, "Metrics": [metric]})
    return {**line, "bus": bus, "_aws": {"Timestamp": at_ms, "CloudWatchMetrics": directives}}


def emit(measurements: Iterable[Measurement], **properties: Any) -> None:
    """Log the measurements of one thing that happened."""
    line = document(
        measurements,
        properties,
        bus=os.environ.get("EVENT_BUS", "unknown"),
        detail=os.environ.get("METRIC_DETAIL", "essential"),
        at_ms=int(time.time() * 1000),
    )
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
