"""Line 1 of every service's handler.py states what the service listens to and what it emits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagebus.events.catalog import BY_DETAIL_TYPE, CATALOG, STAGES
from tests.contract.checkout import ROOT

SERVICES = sorted(path.name for path in (ROOT / "services").iterdir() if path.is_dir())


def flows(path: Path) -> Iterator[tuple[str, str]]:
    """`a -> b; c -> d.` on line 1 as [("a", "b"), ("c", "d")]."""
    line = path.read_text(encoding="utf-8").partition("\n")[0]
    for clause in re.split(r"; (?=[^;]* -> )", line.strip('".')):
        before, arrow, after = clause.partition(" -> ")
        if arrow:
            yield before, after


def events(text: str) -> set[str]:
    return (
        set(BY_DETAIL_TYPE) if "every event" in text else set(re.findall(r"\w+", text)) & set(BY_DETAIL_TYPE)
    )


def stages(service: str) -> Iterator[set[str]]:
    """What each stage of the service listens to; a stage is named after its service or its work."""
    emitted = {model.detail_type for model in CATALOG if model.producer == service}
    for stage in STAGES:
        if stage.name == service or (stage.name not in SERVICES and emitted & set(stage.emits)):
            yield set(stage.subscribes)


@pytest.mark.parametrize("service", SERVICES)
def test_line_1_of_a_handler_says_what_the_service_listens_to(service: str) -> None:
    handler = ROOT / "services" / service / service / "handler.py"
    found = list(flows(handler))
    assert found, f"{handler}: line 1 names no flow"
    assert set().union(*(events(before) for before, _ in found)) == set().union(*stages(service))


@pytest.mark.parametrize("service", SERVICES)
def test_the_flows_of_a_service_name_every_event_that_it_emits(service: str) -> None:
    modules = (ROOT / "services" / service / service).glob("*.py")
    said = set().union(*(events(after) for module in modules for _, after in flows(module)))
    assert said == {model.detail_type for model in CATALOG if model.producer == service}


@pytest.mark.parametrize("service", SERVICES)
def test_a_flow_names_no_event_that_does_not_exist(service: str) -> None:
    named = re.findall(
        r"\b(?:Image|Labels|Metadata|Thumbnails|Watermark|Processing|Derivation|Variants|Recipe)[A-Z]\w+",
        str(list(flows(ROOT / "services" / service / service / "handler.py"))),
    )
    assert set(named) <= set(BY_DETAIL_TYPE)
