"""What a bus dead-letters because it cannot use its key is ciphertext, in an event of EventBridge's own.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-dlq-decrypt.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from failures.dead_letter import handle_dead_letter
from imagebus.inbox import Inbox, one_by_one
from imagebus.objects import S3ObjectStore
from imagebus.testing import InMemoryS3, ManualClock, RecordingBus, sqs_record
from imagebus.testing.s3 import Bucket

UNDELIVERED = "arn:aws:sqs:us-east-1:123456789012:imagebus-UndeliveredQueue-ABC"
RULE = "arn:aws:events:us-east-1:123456789012:rule/imagebus/imagebus_labels"
MESSAGE = {
    "version": "0",
    "id": "053afa53-cdd7-285b-e754-b0dfd0ac0bfb",
    "account": "123456789012",
    "time": "2026-11-10T10:22:00Z",
    "resources": [],
    "region": "us-east-1",
    "source": "aws.events",
    "detail-type": "Encrypted Events",
    "detail": {
        "event-bus-arn": "arn:aws:events:us-east-1:123456789012:event-bus/imagebus",
        "rule-arn": "arn:aws:events:us-east-1:123456789012:event-bus/imagebus/imagebus_labels",
        "kms-key-arn": "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000",
        "encrypted-payload": "AgR4qiru/XNwTUyCgRHqP7rbbHn",
    },
}


@pytest.mark.parametrize(("attributes", "stage"), [({}, "unknown"), ({"RULE_ARN": RULE}, "labels")])
def test_an_encrypted_event_is_kept_whole_and_the_reason_names_the_key(
    attributes: dict[str, str], stage: str
) -> None:
    key, kept = quarantined(MESSAGE, attributes)
    assert key.startswith(f"{stage}/")
    assert kept["reason"] == "encrypted: EventBridge could not use the key of the bus"
    assert json.loads(kept["body"]) == MESSAGE


def test_an_event_of_that_name_from_elsewhere_says_nothing_about_the_key() -> None:
    assert quarantined(MESSAGE | {"source": "somebody"}, {})[1]["reason"] == "the event names no image"


def quarantined(message: dict[str, Any], attributes: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The key and the content of the object in quarantine that a dead letter becomes."""
    bus, s3 = RecordingBus(), InMemoryS3({"quarantine": Bucket()})
    store = S3ObjectStore(s3)  # type: ignore[arg-type]
    inbox = Inbox(one_by_one(lambda each: handle_dead_letter(each, bus, store, "quarantine", ManualClock())))
    record = sqs_record(json.dumps(message), queue_arn=UNDELIVERED, attributes=attributes)
    assert inbox({"Records": [record]}) == {"batchItemFailures": []}
    ((key, (version,)),) = s3.buckets["quarantine"].keys.items()
    assert bus.events == []
    return key, json.loads(version.body)
