"""Sends an image's unanswered events to their stages again.

Events go to each stage's own inbox and never to the bus. Every other listener has already handled them, and
a second delivery could mean a second notification. It also needs no permission to publish in another
service's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imagebus.history.required import Required
from imagebus.history.retry import RetryRequest, plan_retry
from imagebus.identity import canonical_json
from imagebus.missed import Uploads
from imagebus.store import EventStore

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class RetryResult:
    """What was sent, and the stages that could not be reached: they have no inbox in this stack."""

    image_key: str
    sent: tuple[RetryRequest, ...]
    unreachable: tuple[str, ...]

    @property
    def stages(self) -> list[str]:
        return list(dict.fromkeys(stage for request in self.sent for stage in request.stages))


class Retrier:
    """`inboxes` maps each stage to the URL of its queue. With `uploads`, an image of which S3 shows something
    else goes to ingest instead: its stages would only drop it again.
    """

    def __init__(
        self,
        store: EventStore,
        client: Callable[[], SQSClient],
        inboxes: Mapping[str, str],
        required: Required,
        uploads: Uploads | None = None,
    ) -> None:
        self._store = store
        self._client = client
        self._inboxes = inboxes
        self._required = required
        self._uploads = uploads

    def retry(self, image_key: str) -> RetryResult:
        sent, unreachable = [], dict[str, None]()
        for request in self._plan(image_key):
            known = tuple(stage for stage in request.stages if stage in self._inboxes)
            unreachable |= dict.fromkeys(stage for stage in request.stages if stage not in known)
            for stage in known:
                body = canonical_json(request.envelope)
                self._client().send_message(QueueUrl=self._inboxes[stage], MessageBody=body)
            if known:
                sent.append(RetryRequest(request.envelope, known))
        return RetryResult(image_key, tuple(sent), tuple(unreachable))

    def _plan(self, image_key: str) -> Sequence[RetryRequest]:
        item = self._store.status(image_key) if self._uploads else None
        if self._uploads and item and self._uploads.why(item):
            return [self._uploads.look_again(item)]
        return plan_retry(self._store.latest(image_key), self._required)
