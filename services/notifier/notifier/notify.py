"""Announces an event once: claim, publish, mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from imagebus.events import Event, EventData
from imagebus.identity import canonical_json
from imagebus.inbox import RetryLater
from notifier.ledger import LEASE_SECONDS, Ledger
from notifier.messages import Message, compose

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class Refused(Exception):
    """The topic refused the message: nobody was notified."""


class Topic(Protocol):
    def publish(self, message: Message) -> None:
        """Raises Refused. After any other error, the message may have been sent."""
        ...


class SNSTopic:
    def __init__(self, client: SNSClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, message: Message) -> None:
        """E-mail and SMS get the text, every other protocol the JSON."""
        from botocore.exceptions import ClientError

        try:
            self._client.publish(
                TopicArn=self._arn,
                Subject=message.subject,
                MessageStructure="json",
                Message=canonical_json(
                    {"default": message.body, "email": message.text, "sms": message.subject}
                ),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in message.attributes.items()
                },
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                raise Refused(error.response["Error"]["Code"]) from error
            raise


def notify(event: Event[EventData], ledger: Ledger, topic: Topic) -> bool:
    """Whether this call sent the message. Raises RetryLater while another notifier is sending it.

    After a crash between publish and mark, the claim expires and the message is sent a second time. This is
    the only way to be notified twice.
    """
    claim = ledger.claim(event.meta.event_id)
    if claim == "busy":
        raise RetryLater(LEASE_SECONDS + 1)
    if claim == "sent":
        return False
    try:
        topic.publish(compose(event))
    except Refused:
        ledger.release(event.meta.event_id)
        raise
    ledger.mark_sent(event.meta.event_id)
    return True
