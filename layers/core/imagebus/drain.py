"""Queues that Lambda does not poll: their function runs on a schedule and drains them itself.

A received message is handled as if Lambda had delivered it, and deleted only after it was handled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from time import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from imagebus.telemetry import clear_log_context, logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10
#: Without waiting, SQS asks only some of its servers, and a queue may look empty although it is not.
WAIT_SECONDS = 1
#: No batch is started when the function has less time left.
RESERVE_MS = 10_000
#: Running out of time is an error if messages have waited this long: more arrive than are drained.
BEHIND_SECONDS = 3600

Record = dict[str, Any]
Handler = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class NotDrained(Exception):
    """Queues could not be read, handled messages could not be deleted, or the schedule cannot keep up."""


def drain(
    inbox: Handler, client: SQSClient, queues: Mapping[str, str], time_left_ms: Callable[[], int]
) -> dict[str, int]:
    """How many messages were handled and how many failed. `queues`: URLs by ARN. Raises NotDrained."""
    counts, waiting, refused, oldest = Counter[str](), dict(queues), 0, time()
    # Receive in parallel, but handle one at a time, because log lines belong to one image.
    with ThreadPoolExecutor(len(queues)) as pool:
        while waiting and time_left_ms() > RESERVE_MS:
            answers = {arn: pool.submit(_receive, client, arn, url) for arn, url in waiting.items()}
            for arn, answer in answers.items():
                try:
                    records = answer.result()
                    if not records:
                        del waiting[arn]
                    elif time_left_ms() > RESERVE_MS:
                        sent = [int(each["attributes"]["SentTimestamp"]) / 1000 for each in records]
                        oldest = min(oldest, *sent)
                        counts += _handle(inbox, client, waiting[arn], records)
                except (BotoCoreError, ClientError) as error:
                    clear_log_context()
                    logger().exception("not drained", extra={"queue": arn, "error": type(error).__name__})
                    del waiting[arn]
                    refused += 1
    clear_log_context()
    logger().info("drained", extra=dict(counts))
    if refused or (waiting and oldest < time() - BEHIND_SECONDS):
        raise NotDrained(f"{refused} queues refused, {len(waiting)} are not empty")
    return {"handled": counts["handled"], "failed": counts["failed"]}


def _receive(client: SQSClient, arn: str, url: str) -> list[Record]:
    answer = client.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=BATCH,
        WaitTimeSeconds=WAIT_SECONDS,
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return [_record(message, arn) for message in answer.get("Messages", [])]


def _record(message: Mapping[str, Any], arn: str) -> Record:
    """A message from SQS's API, in the form in which Lambda delivers it."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {
            name: {"stringValue": value.get("StringValue", ""), "dataType": value["DataType"]}
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": arn.split(":")[3],
    }


def _handle(inbox: Handler, client: SQSClient, url: str, records: list[Record]) -> Counter[str]:
    failed = {each["itemIdentifier"] for each in inbox({"Records": records})["batchItemFailures"]}
    done = [record for record in records if record["messageId"] not in failed]
    for record in done:
        client.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])
    return Counter(handled=len(done), failed=len(records) - len(done))
