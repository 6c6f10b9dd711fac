"""Whether a replay is running: an image without all its facts has then not stalled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from imagebus.bus import replays
from imagebus.clock import Clock
from imagebus.naming import REPLAY_ELSEWHERE

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

#: For how long after a replay messages in the inbox are taken for its own. In a busy system some always wait.
BACKLOG_LASTS = timedelta(days=1)


class Replays(Protocol):
    def arriving(self) -> bool:
        """Whether replayed events may still be on the way to the log."""
        ...


class Backlog(Protocol):
    def waiting(self) -> bool:
        """Whether messages wait in the recorder's inbox."""
        ...


class SQSBacklog:
    """Counts that are right a minute after the last message was sent.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """

    def __init__(self, client: Callable[[], SQSClient], url: str) -> None:
        self._client = client
        self._url = url

    def waiting(self) -> bool:
        names: list[Any] = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._client().get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        return any(map(int, answer["Attributes"].values()))


class EventBridgeReplays:
    """`settle_s`: for how long after its end a replay's events may be on the way to the recorder's inbox.

    Replays that the command sent to other rules do not count: their name says so.
    """

    def __init__(
        self,
        client: EventBridgeClient,
        archive_name: str,
        clock: Clock,
        settle_s: float,
        *,
        backlog: Backlog | None = None,
    ) -> None:
        self._client = client
        self._archive_name = archive_name
        self._clock = clock
        self._settle = timedelta(seconds=settle_s)
        self._backlog = backlog

    def arriving(self) -> bool:
        now = self._clock.now()
        recent = [
            replay
            for replay in replays(self._client, self._archive_name)
            if not replay.name.startswith(REPLAY_ELSEWHERE)
            and (not replay.over or replay.ended > now - BACKLOG_LASTS)
        ]
        if not recent:
            return False
        if self._backlog is not None and self._backlog.waiting():
            return True
        return any(not each.over or each.ended > now - self._settle for each in recent)
