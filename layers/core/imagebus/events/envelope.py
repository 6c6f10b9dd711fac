"""What EventBridge adds to an event that it delivers again. Publishing is in imagebus.bus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REPLAY_NAME = "replay-name"


def is_replayed(envelope: Mapping[str, Any]) -> bool:
    return REPLAY_NAME in envelope


def as_live(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """The same event without the mark, so that its outcome is announced."""
    return {name: value for name, value in envelope.items() if name != REPLAY_NAME}
