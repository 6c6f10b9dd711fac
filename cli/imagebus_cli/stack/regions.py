"""What imagebus uses and some regions lack, and the parameter that does without it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Written by `python -m tools regions`.
DATA = Path(__file__).with_name("regions.json")


@dataclass(frozen=True)
class Gap:
    """A service that a region lacks. `parameter` must have `value` there."""

    service: str
    parameter: str
    value: str


#: By the key in regions.json.
GAPS: Mapping[str, Gap] = {
    "schemas": Gap("the EventBridge schema registry", "SchemaRegistry", "disabled"),
    "rekognition": Gap("Amazon Rekognition", "LabelProvider", "none"),
    "cloudfront": Gap("CloudFront with origin access control", "EnableCdn", "false"),
}


def load() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return data


def known() -> frozenset[str]:
    """The regions that the data knows. About another region nothing is known."""
    return frozenset(load()["regions"])


def gaps(region: str) -> Iterator[Gap]:
    """What `region` lacked on the date of the data."""
    for service, regions in load()["missing"].items():
        if region in regions:
            yield GAPS[service]


def problems(region: str, parameters: Mapping[str, str]) -> list[str]:
    """What a deployment with these parameters (their defaults included) would fail on, in sentences."""
    return [
        f"{region} has no {gap.service.removeprefix('the ')}: set {gap.parameter}={gap.value}."
        for gap in gaps(region)
        if parameters.get(gap.parameter) != gap.value
    ]
