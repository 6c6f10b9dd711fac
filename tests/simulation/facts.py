"""An event as the model sees it, and how the contract names things."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]

#: Part of the contract: see docs/adr/0004-deterministic-ids.md.
NAMESPACE = uuid.UUID("6f1b6e0a-6a53-5d0e-9a58-0d8c1b6d5f11")


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
        """As the newest version says it."""
        data: Json = self.detail.get("data", {})
        if self.type == "LabelsDetected" and self.meta["schema_version"] == 1:
            return {"labels": data["labels"], "model_versions": {"labels": data["model_version"]}}
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


def milliseconds(earlier: str, later: str) -> int:
    begin, end = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (earlier, later))
    return round((end - begin).total_seconds() * 1000)
