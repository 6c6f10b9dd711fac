"""Golden events: an example of every released version of every event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Golden:
    """`schemas/examples/<schema>[--<variant>].json`: a whole EventBridge event."""

    path: Path
    envelope: dict[str, Any]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def schema(self) -> str:
        return self.name.split("--")[0]

    @property
    def detail_type(self) -> str:
        return str(self.envelope["detail-type"])

    @property
    def version(self) -> int:
        return int(self.envelope["detail"]["meta"]["schema_version"])


def golden_events(examples: Path) -> Iterator[Golden]:
    """Sorted by name, so that an event's plain example comes before its variants."""
    for path in sorted(examples.glob("*.json"), key=lambda path: path.stem):
        yield Golden(path, json.loads(path.read_text(encoding="utf-8")))
