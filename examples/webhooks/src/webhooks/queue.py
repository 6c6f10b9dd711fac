"""Messages that say: this delivery is due. They carry ids, never what is posted; losing one loses nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webhooks.model import Delivery

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class Due:
    """`claims` is the number that the delivery must still have."""

    subscription: str
    webhook_id: str
    claims: int

    @classmethod
    def read(cls, body: str) -> Due:
        """Raises ValueError."""
        try:
            found = json.loads(body)
            return cls(found["subscription"], found["webhook_id"], found["claims"])
        except (TypeError, KeyError) as error:
            raise ValueError("not a message about a delivery") from error


@dataclass(frozen=True)
class Queue:
    client: SQSClient
    url: str

    def send(self, delivery: Delivery) -> None:
        """With the subscription as its group: SQS lets those of others go first when one has a backlog.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
        """
        due = {
            "subscription": delivery.subscription,
            "webhook_id": delivery.webhook_id,
            "claims": delivery.claims,
        }
        self.client.send_message(
            QueueUrl=self.url, MessageBody=json.dumps(due), MessageGroupId=delivery.subscription
        )
