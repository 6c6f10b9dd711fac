"""How often the branches of interest were taken, as seen from outside: in calls to AWS and their answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulation import wiring

WORKERS = ("thumbnailer", "watermarker")


@dataclass(frozen=True)
class Call:
    """A function's call: `error` is the code of the error that AWS answered with, if it did."""

    function: str
    operation: str
    request: Mapping[str, Any]
    error: str = ""
    answer: Any = None
    #: the row that a put replaced
    before: Mapping[str, Any] | None = None

    def puts(self, table: str, kind: str = "") -> bool:
        row = self.request.get("Item", {})
        return (
            self.operation == "put_item"
            and self.request["TableName"] == table
            and row.get("sk", {"S": ""})["S"].startswith(kind)
        )

    def claims(self) -> bool:
        return self.puts(wiring.LEDGER) and self.request["Item"].get("lease_until", {"N": "0"})["N"] != "0"

    def publishes(self, kind: str, text: str = "") -> bool:
        return self.operation == "put_events" and any(
            entry["DetailType"] == kind and text in entry["Detail"] for entry in self.request["Entries"]
        )

    def logs(self, kind: str) -> bool:
        return self.puts(wiring.STATUS, "EVENT#") and f'"detail_type":"{kind}"' in self._event

    @property
    def _event(self) -> str:
        return str(self.request["Item"]["event"]["S"])

    def promotes(self) -> bool:
        return self.puts(wiring.RECIPES) and self.request["Item"]["id"]["S"] == "active"

    def within(self, bucket: str) -> bool:
        return bool(self.request.get("Bucket") == bucket)


def _sending(row: Mapping[str, Any] | None) -> str:
    return str(row["sending"]["S"]) if row else ""


def _recipe(row: Mapping[str, Any]) -> Any:
    return json.loads(row["event"]["S"])["detail"]["data"].get("recipe")


CONFLICT = "ConditionalCheckFailedException"

BRANCHES: Mapping[str, Callable[[Call], bool]] = {
    "lost race folded again": lambda c: c.puts(wiring.STATUS, "STATUS") and c.error == CONFLICT,
    "later duplicate ignored": lambda c: c.puts(wiring.STATUS, "EVENT#") and c.error == CONFLICT,
    "earlier duplicate replaced a later one": lambda c: (
        c.puts(wiring.STATUS, "EVENT#") and not c.error and c.before is not None
    ),
    "published by an earlier release": lambda c: c.publishes("LabelsDetected", '"schema_version": 1'),
    "announced by the recorder": lambda c: c.function == "recorder" and c.publishes("ImageProcessed"),
    "announced by the sweeper": lambda c: c.function == "sweeper" and c.publishes("ImageProcessed"),
    "stalled": lambda c: c.publishes("ProcessingStalled"),
    "sweeper saw a running replay": lambda c: (
        c.operation == "list_replays"
        and any(replay["State"] == "RUNNING" for replay in (c.answer or {}).get("Replays", ()))
    ),
    "partial PutEvents": lambda c: (
        c.operation == "put_events" and bool((c.answer or {}).get("FailedEntryCount"))
    ),
    "claim granted": lambda c: c.claims() and not c.error and c.before is None,
    "claim lapsed": lambda c: (
        c.claims()
        and not c.error
        and c.before is not None
        and c.before.get("lease_until", {"N": ""})["N"] != "0"
    ),
    "claim released": lambda c: (
        c.puts(wiring.LEDGER) and not c.error and not c.claims() and _sending(c.request["Item"]) == "claimed"
    ),
    "claim after a release": lambda c: (
        c.claims()
        and not c.error
        and c.before is not None
        and c.before.get("lease_until", {"N": ""})["N"] == "0"
    ),
    "claim refused, busy": lambda c: c.claims() and c.error == CONFLICT and _sending(c.before) == "claimed",
    "claim refused, sent": lambda c: c.claims() and c.error == CONFLICT and _sending(c.before) == "sent",
    "superseded before it was read": lambda c: (
        c.operation == "get_object"
        and c.error in ("NoSuchVersion", "NoSuchKey", "MethodNotAllowed", "PreconditionFailed")
    ),
    "superseded after write": lambda c: (
        c.function in WORKERS and c.operation == "delete_object" and c.within(wiring.IMAGES)
    ),
    "cleaner removed an older revision": lambda c: c.function == "cleaner" and c.operation == "delete_object",
    "quarantine": lambda c: c.operation == "put_object" and c.within(wiring.QUARANTINE),
    "failure reported": lambda c: c.function == "failures" and c.publishes("ProcessingFailed"),
    "given up by the function": lambda c: c.operation == "send_message" and c.function in wiring.names(),
    "made visible again": lambda c: c.operation == "change_message_visibility",
    "erased by the recorder": lambda c: c.function == "recorder" and c.operation == "delete_item",
    "key of an S3 event checked": lambda c: c.function == "ingest" and c.operation == "head_object",
    "asked for both stages": lambda c: c.publishes("DerivationRequested", '"stages":["thumbnailer","w'),
    "asked for one stage": lambda c: (
        c.publishes("DerivationRequested", '"stages":["thumbnailer"]')
        or c.publishes("DerivationRequested", '"stages":["watermarker"]')
    ),
    "asked with shared objects": lambda c: c.publishes("DerivationRequested", '"present":[{'),
    "asked with faces": lambda c: c.publishes("DerivationRequested", '"faces":[{'),
    "asked again": lambda c: c.publishes("DerivationRequested", '"generation":1'),
    "request failed": lambda c: c.publishes("ProcessingFailed", '"detail-type":"DerivationRequested"'),
    "watermark skipped": lambda c: c.publishes("WatermarkSkipped"),
    "request recorded again": lambda c: c.logs("DerivationRequested") and c.error == CONFLICT,
    "recipe decided again": lambda c: (
        c.logs("ImageValidated") and c.before is not None and _recipe(c.before) != _recipe(c.request["Item"])
    ),
    "promoted": lambda c: c.promotes() and not c.error,
    "promotion lost to another": lambda c: c.promotes() and c.error == CONFLICT,
    "promotion announced": lambda c: c.publishes("RecipePromoted"),
    "retired by a prune": lambda c: c.publishes("VariantsPruned"),
    "removed by a prune": lambda c: c.function == "pruner" and c.operation == "delete_objects",
    "prune continued": lambda c: c.function == "pruner" and c.operation == "list_objects_v2",
}
#: Most calls are of these operations, and no branch shows in them.
UNINTERESTING = frozenset({"get_item", "query", "scan", "get_queue_attributes"})
#: Counted where they happen.
ELSEWHERE = (
    "showed the active set",
    "showed an earlier set",
    "showed its own recipe",
    "pruned fact published again",
)


def branches(call: Call) -> list[str]:
    if call.operation in UNINTERESTING:
        return []
    return [name for name, taken in BRANCHES.items() if taken(call)]


def never_taken(seen: Counter[str]) -> list[str]:
    return [name for name in (*BRANCHES, *ELSEWHERE) if not seen[name]]
