"""Whether a replay is running: an image without all its facts has then not stalled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from imagebus.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

OVER = frozenset({"COMPLETED", "CANCELLED", "FAILED"})


class Replays(Protocol):
    def arriving(self) -> bool:
        """Whether replayed events may still be on the way to the log."""
        ...


class EventBridgeReplays:
    """`settle_s`: how long a replay's last events may stay in the recorder's inbox after its end."""

    def __init__(self, client: EventBridgeClient, archive_name: str, clock: Clock, settle_s: float) -> None:
        self._client = client
        self._archive_name = archive_name
        self._clock = clock
        self._settle = timedelta(seconds=settle_s)

    def arriving(self) -> bool:
        since = self._clock.now() - self._settle
        return any(replay["State"] not in OVER or _ended(replay) > since for replay in self._of_the_archive())

    def _of_the_archive(self) -> Iterator[Any]:
        request: dict[str, Any] = {}
        while True:
            answer = self._client.list_replays(**request)
            for replay in answer["Replays"]:
                if replay["EventSourceArn"].endswith(f"archive/{self._archive_name}"):
                    yield replay
            if "NextToken" not in answer:
                return
            request["NextToken"] = answer["NextToken"]


def _ended(replay: Any) -> datetime:
    ended: datetime = replay.get("ReplayEndTime") or replay["ReplayStartTime"]
    return ended
