"""What an image's facts mean, written a second time and from the documents alone.

The invariants compare the product with this model, so it imports nothing of the product
(tests/unit/test_architecture.py checks that). It prefers the obvious way to the fast one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.simulation.facts import Fact, Json, folder_of, milliseconds
from tests.simulation.variants import counting, derived, newest

#: Which facts end which stage's work.
ENDS = {
    "ingest": ("ImageUploaded", "ImageDeleted"),
    "validator": ("ImageValidated", "ImageRejected"),
    "thumbnailer": ("ThumbnailsCreated",),
    "watermarker": ("ImageWatermarked", "WatermarkSkipped"),
    "metadata": ("MetadataExtracted",),
    "labels": ("LabelsDetected", "LabelsSkipped"),
}
TYPES = {name for names in ENDS.values() for name in names} | {
    "ImageProcessed",
    "ProcessingFailed",
    "ProcessingStalled",
    "DerivationRequested",
    "VariantsPruned",
}
REQUIRED = (
    "ThumbnailsCreated ImageWatermarked|WatermarkSkipped MetadataExtracted LabelsDetected|LabelsSkipped"
)


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


def outstanding(present: Iterable[str], required: str = REQUIRED) -> list[str]:
    names = set(present)
    return [wanted for wanted in required.split() if names.isdisjoint(wanted.split("|"))]


def verdict(log: Sequence[Fact], required: str = REQUIRED) -> tuple[str, str | None]:
    """Status and reason. What users did comes first, then what ended the work, then what went wrong."""
    present = counting(log)
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
        if fact.data["failed_event"]["detail-type"] == "DerivationRequested":
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
        "outstanding": outstanding(counting(log), required) if status in ("processing", "failed") else [],
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
    return {
        name: value for name, value in (shown | _shown(latest) | derived(log)).items() if value is not None
    }


def _stages(log: Sequence[Fact]) -> Json:
    stages: Json = {}
    latest = newest(log)
    for fact in log:
        for stage, ends in ENDS.items():
            if fact.type in ends and latest.get(fact.type) is fact:
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
        "metadata": data("MetadataExtracted") or None,
        "labels": data("LabelsDetected") or None,
        "labels_skipped": skipped,
        "completed_at": processed.at if processed else None,
        "duration_ms": processed.data["duration_ms"] if processed else None,
    }


#: What the model predicts of a status item.
PREDICTED = _shown({}).keys() | {
    "recipe",
    "derived",
    "thumbnails",
    "still",
    "watermarked",
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
