"""Metrics in CloudWatch's embedded metric format: one JSON line in the log, no call and no library.

Every line holds everything that was measured. METRIC_DETAIL decides what CloudWatch turns into metrics: the
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
    """`by` breaks the metric down. `essential` metrics are also emitted in total, at any level of detail."""

    name: str
    value: float = 1
    unit: Unit = "Count"
    by: Mapping[str, str] = field(default_factory=dict)
    essential: bool = True


def document(
    measurements: Iterable[Measurement], properties: Mapping[str, Any], *, bus: str, detail: str, at_ms: int
) -> dict[str, Any]:
    """The line to log. It holds what `by` and `properties` name at any level of detail."""
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
    """Log the measurements of one occurrence."""
    line = document(
        measurements,
        properties,
        bus=os.environ.get("EVENT_BUS", "unknown"),
        detail=os.environ.get("METRIC_DETAIL", "essential"),
        at_ms=int(time.time() * 1000),
    )
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
