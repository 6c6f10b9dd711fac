"""What an image's facts mean, written a second time and from the documents alone.

The invariants compare the product with this model, so it imports nothing of the product
(tests/unit/test_architecture.py checks that). It prefers the obvious way to the fast one.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]

#: Part of the contract: see docs/adr/0004-deterministic-ids.md.
NAMESPACE = uuid.UUID("6f1b6e0a-6a53-5d0e-9a58-0d8c1b6d5f11")

#: Which facts end which stage's work.
ENDS = {
    "ingest": ("ImageUploaded", "ImageDeleted"),
    "validator": ("ImageValidated", "ImageRejected"),
    "thumbnailer": ("ThumbnailsCreated",),
    "watermarker": ("ImageWatermarked",),
    "metadata": ("MetadataExtracted",),
    "labels": ("LabelsDetected", "LabelsSkipped"),
}
TYPES = {name for names in ENDS.values() for name in names} | {
    "ImageProcessed",
    "ProcessingFailed",
    "ProcessingStalled",
}
REQUIRED = "ThumbnailsCreated ImageWatermarked MetadataExtracted LabelsDetected|LabelsSkipped"


@dataclass(frozen=True)
class Fact:
    """An event, from the bus or from the log."""

    source: str
    type: str
    detail: Json

    @classmethod
    def of(cls, envelope: Mapping[str, Any]) -> Fact:
        return cls(envelope["source"], envelope["detail-type"], envelope["detail"])

    @property
    def meta(self) -> Json:
        meta: Json = self.detail["meta"]
        return meta

    @property
    def data(self) -> Json:
        data: Json = self.detail.get("data", {})
        return data

    @property
    def id(self) -> str:
        return str(self.meta["event_id"])

    @property
    def upload(self) -> tuple[str, str]:
        """The image and the revision that it is about."""
        return self.meta["image_key"], self.meta["revision"]

    @property
    def at(self) -> str:
        return str(self.meta["occurred_at"])

    @property
    def text(self) -> str:
        content = {"source": self.source, "detail_type": self.type, "detail": self.detail}
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def event_id(kind: str, key: str, revision: str, discriminator: str = "") -> str:
    return str(uuid.uuid5(NAMESPACE, "\x1f".join((kind, key, revision, discriminator))))


def revision_of(sequencer: str) -> str:
    return (sequencer.upper() + "0" * 32)[:32]


def imported_revision(modified: datetime, version: str) -> str:
    """Part of the contract: see docs/adr/0021-import.md."""
    digest = hashlib.sha256(version.encode()).hexdigest().upper()
    return "0" * 16 + f"{round(modified.timestamp() * 1000):012X}" + digest[:4]


def folder_of(key: str, revision: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32] + f"/{revision}/"


def takes_place(fact: Fact) -> bool:
    """Whether the fact proves that there was an upload or a deletion of its revision."""
    if fact.type != "ProcessingFailed":
        return fact.type in TYPES
    failed = fact.data["failed_event"]
    if failed["source"] == "aws.s3":
        removed = failed["detail"].get("deletion-type", "Delete Marker Created")
        return bool(removed == "Delete Marker Created")
    return failed["detail-type"] in TYPES - {"ProcessingFailed"}


def log_of(facts: Iterable[Fact]) -> list[Fact]:
    """The facts of the newest revision, oldest first; of two with one id, the one that happened first."""
    facts = list(facts)
    newest = max(fact.meta["revision"] for fact in facts if takes_place(fact))
    by_id: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.meta["revision"] == newest:
            by_id.setdefault(fact.id, []).append(fact)
    firsts = [sorted(same, key=lambda fact: (fact.at, fact.text))[0] for same in by_id.values()]
    return sorted(firsts, key=lambda fact: (fact.at, fact.text))


def newest(log: Sequence[Fact]) -> dict[str, Fact]:
    """Of each type the fact of the newest recipe; of one recipe, the last."""
    found: dict[str, Fact] = {}
    for fact in sorted(log, key=lambda fact: (fact.data.get("generation", 0), fact.at, fact.text)):
        found[fact.type] = fact
    return found


def outstanding(present: Iterable[str], required: str = REQUIRED) -> list[str]:
    names = set(present)
    return [wanted for wanted in required.split() if names.isdisjoint(wanted.split("|"))]


def verdict(log: Sequence[Fact], required: str = REQUIRED) -> tuple[str, str | None]:
    """Status and reason. What users did comes first, then what ended the work, then what went wrong."""
    present = {fact.type for fact in log}
    missing = outstanding(present, required)
    if "ImageDeleted" in present:
        return "deleted", None
    if "ImageProcessed" in present:
        return "completed", None
    if "ImageRejected" in present:
        return "rejected", next(fact for fact in log if fact.type == "ImageRejected").data["code"]
    awaited = {name for wanted in missing for name in wanted.split("|")}
    for fact in log:
        stage = fact.data.get("stage") if fact.type == "ProcessingFailed" else None
        if stage not in ENDS or not present.isdisjoint(ENDS[stage]):
            continue
        if stage in ("ingest", "validator") or awaited.intersection(ENDS[stage]):
            return "failed", f"{stage}: {fact.data['error_type']}"
    if missing and "ProcessingStalled" in present:
        return "failed", "stalled"
    return "processing", None


def item(facts: Iterable[Fact], required: str = REQUIRED) -> Json:
    """The status item, without what only the recorder's own bookkeeping needs."""
    log = log_of(facts)
    key, revision = log[0].upload
    latest = newest(log)
    status, reason = verdict(log, required)
    uploaded = latest.get("ImageUploaded")
    created = uploaded.at if uploaded else log[0].at
    name = folder_of(key, revision).split("/", 1)[0]
    shard = int(name[:8], 16) % 4
    failures = [fact for fact in log if fact.type == "ProcessingFailed"]
    shown = {
        "image_key": key,
        "status": status,
        "reason": reason,
        "revision": revision,
        "version_id": log[0].meta.get("version_id"),
        "created_at": created,
        "updated_at": max(fact.at for fact in log),
        "outstanding": outstanding(latest, required) if status in ("processing", "failed") else [],
        "failures": [
            {"event_id": fact.id, "at": fact.at}
            | {name: fact.data[name] for name in ("stage", "error_type", "message", "attempts")}
            for fact in failures
        ],
        "stages": _stages(log),
        "events": len(log),
        "listed_at": f"{created}#{name}",
        "list_shard": str(shard),
        "status_shard": f"{status}#{shard}",
    }
    return {name: value for name, value in (shown | _shown(latest)).items() if value is not None}


def _stages(log: Sequence[Fact]) -> Json:
    stages: Json = {}
    latest = newest(log)
    for fact in log:
        for stage, ends in ENDS.items():
            if fact.type in ends and latest[fact.type] is fact:
                stages[stage] = {"at": fact.at, "event": fact.type}
                causes = [cause for cause in log if cause.id == fact.meta.get("causation_id")]
                if causes:
                    stages[stage]["ms"] = milliseconds(causes[0].at, fact.at)
                if billed := fact.meta.get("usage", {}).get("billed_ms"):
                    stages[stage]["billed_ms"] = billed
    return stages


def _shown(latest: Mapping[str, Fact]) -> Json:
    def data(kind: str) -> Json:
        return latest[kind].data if kind in latest else {}

    validated = (
        "format",
        "mime",
        "width",
        "height",
        "mode",
        "has_alpha",
        "frames",
        "orientation",
        "sha256",
    )
    shown = {name: data("ImageUploaded").get(name) for name in ("bucket", "size", "etag")}
    shown |= {name: data("ImageValidated").get(name) for name in validated}
    skipped = None if "LabelsDetected" in latest else data("LabelsSkipped").get("reason")
    processed = latest.get("ImageProcessed")
    return shown | {
        "rejection": data("ImageRejected") or None,
        "thumbnails": data("ThumbnailsCreated").get("items"),
        "still": data("ThumbnailsCreated").get("still"),
        "watermarked": data("ImageWatermarked") or None,
        "metadata": data("MetadataExtracted") or None,
        "labels": data("LabelsDetected") or None,
        "labels_skipped": skipped,
        "completed_at": processed.at if processed else None,
        "duration_ms": processed.data["duration_ms"] if processed else None,
    }


#: What the model predicts of a status item.
PREDICTED = _shown({}).keys() | {
    "image_key",
    "status",
    "reason",
    "revision",
    "version_id",
    "created_at",
    "updated_at",
    "outstanding",
    "failures",
    "stages",
    "events",
    "listed_at",
    "list_shard",
    "status_shard",
}


def differences(stored: Mapping[str, Any], predicted: Mapping[str, Any]) -> list[str]:
    """The names of the fields in which a status item differs from the prediction."""
    return sorted(name for name in PREDICTED if plain(stored.get(name)) != plain(predicted.get(name)))


def plain(value: Any) -> Any:
    """JSON as DynamoDB returns it: there is one kind of number."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def milliseconds(earlier: str, later: str) -> int:
    begin, end = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (earlier, later))
    return round((end - begin).total_seconds() * 1000)
