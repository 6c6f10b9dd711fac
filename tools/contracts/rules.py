"""Who receives what: the rules of template.yml, and which events each of them matches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from imagebus.events.envelope import REPLAY_NAME
from imagebus.testing.eventbridge import matches
from imagebus_local import nesting, templates
from tools.contracts.golden import Golden

#: Whether a consumer receives live events, replayed events, or both.
Reach = Literal["live and replayed", "live", "replayed", ""]

#: What a replay adds to its events.
REPLAYED: Mapping[str, Any] = {REPLAY_NAME: "example"}


@dataclass(frozen=True)
class Rule:
    """A rule on the bus. `name` is its logical id, `consumer` the stage it feeds."""

    name: str
    pattern: Mapping[str, Any]

    @property
    def consumer(self) -> str:
        return self.name.removesuffix("Rule").lower()


def bus_rules(template: Path) -> tuple[Rule, ...]:
    """The rules on the custom bus, in the template's order, which is flow order."""
    resources = nesting.flat(templates.read(template), template.parent)["Resources"]
    return tuple(
        Rule(name, each["Properties"]["EventPattern"])
        for name, each in resources.items()
        if each["Type"] == "AWS::Events::Rule"
        and each["Properties"].get("EventBusName") == {"Ref": "EventBus"}
    )


def reach(live: bool, replayed: bool) -> Reach:
    if live:
        return "live and replayed" if replayed else "live"
    return "replayed" if replayed else ""


def reception(rules: Iterable[Rule], golden: Iterable[Golden]) -> dict[str, dict[str, Reach]]:
    """Detail type -> consumer -> reach. Raises ValueError if examples of one event differ."""
    events = list(golden)
    table: dict[str, dict[str, Reach]] = {}
    for rule in rules:
        for each in events:
            envelope = each.envelope
            found = reach(matches(rule.pattern, envelope), matches(rule.pattern, {**envelope, **REPLAYED}))
            row = table.setdefault(each.detail_type, {})
            if row.setdefault(rule.consumer, found) != found:
                raise ValueError(f"{rule.name} takes some {each.detail_type} and not others")
    return table
