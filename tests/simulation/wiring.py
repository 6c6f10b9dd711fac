"""What the simulation needs from the template: the rules, and the queue that each delivers to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from imagebus.naming import rule_name
from imagebus_local import nesting, templates

TEMPLATE = Path(__file__).parents[2] / "template.yml"

UPLOADS, IMAGES, QUARANTINE = "uploads", "images", "quarantine"
STATUS, LEDGER, ERASURES, RECIPES = "status", "ledger", "erasures", "recipes"
BUS, ARCHIVE = "imagebus", "imagebus-events"
MAX_RECEIVE_COUNT = 5
FUNCTION_TIMEOUT = 30
STALLED_AFTER = 900
#: Of news that is older when it reaches the log, the arrival counts: see docs/adr/0011-replays-and-stalls.md.
LATE = 300
#: For how many seconds a process may use the set that was active before: see docs/adr/0024-variants.md.
FRESH = 1
#: Sets that were active before, of which an image may still show something.
REMEMBERED = 10


@dataclass(frozen=True)
class Consumer:
    """A stage: its rule's name and pattern. Its inbox and dead letters are named after it."""

    name: str
    rule: str
    pattern: dict[str, Any]
    batch: int


@cache
def consumers() -> tuple[Consumer, ...]:
    resources = nesting.flat(templates.read(TEMPLATE), TEMPLATE.parent)["Resources"]
    found = []
    for resource in resources.values():
        if resource["Type"] != "AWS::Events::Rule" or "EventPattern" not in resource["Properties"]:
            continue
        inbox = resource["Properties"]["Targets"][0]["Arn"]["Fn::GetAtt"][0]
        stage = inbox.removesuffix("Inbox")
        source = resources[f"{stage}Function"]["Properties"]["Events"]["Inbox"]["Properties"]
        pattern = _resolved(resource["Properties"]["EventPattern"])
        found.append(
            Consumer(stage.lower(), rule_name(BUS, stage.lower()), pattern, int(source["BatchSize"]))
        )
    return tuple(found)


@cache
def names() -> frozenset[str]:
    return frozenset(consumer.name for consumer in consumers())


def _resolved(node: Any) -> Any:
    if isinstance(node, dict):
        return UPLOADS if node == {"Ref": "UploadsBucket"} else {k: _resolved(v) for k, v in node.items()}
    return [_resolved(each) for each in node] if isinstance(node, list) else node
