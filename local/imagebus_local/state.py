"""`.imagebus/local.json` tells other tools about the running local AWS."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class LocalState:
    """`api_url` and `api_key` are None while the stack has no API. `sources`: the digest that is deployed.

    `parameters` are those that `up` was given.
    """

    endpoint: str
    region: str
    pid: int
    outputs: dict[str, str]
    api_url: str | None
    api_key: str | None
    stack: str
    port: int
    sources: str
    parameters: dict[str, str] = field(default_factory=dict)


def write_private(path: Path, document: dict[str, Any]) -> None:
    """Replaces `path` atomically, readable by its owner only because it holds an API key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2, ensure_ascii=False)
        file.write("\n")
    draft.replace(path)


def read_json(path: Path) -> dict[str, Any] | None:
    """None if the file does not exist, or is not a complete JSON object (after an interrupted write)."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return document if isinstance(document, dict) else None


def save(path: Path, state: LocalState) -> None:
    write_private(path, asdict(state))


def load(path: Path) -> LocalState | None:
    """None if there is no state, or another version wrote it."""
    document = read_json(path)
    if document is None:
        return None
    try:
        return LocalState(**document)
    except TypeError:
        return None
