"""In-memory AWS for tests. The fakes replace boto3 clients, so that tests run the real adapters.

Each fake has the methods of its boto3 client and gives only the service's guarantees
(partial failures, duplicates, delete markers, redrive). The conformance tests compare them with moto.
"""

from imagebus.testing.clock import ManualClock
from imagebus.testing.dynamodb import (
    InMemoryDynamoDB,
    erasures_table,
    ledger_table,
    recipes_table,
    status_table,
)
from imagebus.testing.eventbridge import InMemoryEventBridge, Rule, bus_entry_envelope
from imagebus.testing.recording import RecordingBus
from imagebus.testing.s3 import InMemoryS3
from imagebus.testing.sns import InMemorySNS
from imagebus.testing.sqs import InMemorySQS, lambda_event, sqs_record

__all__ = [
    "InMemoryDynamoDB",
    "InMemoryEventBridge",
    "InMemoryS3",
    "InMemorySNS",
    "InMemorySQS",
    "ManualClock",
    "RecordingBus",
    "Rule",
    "bus_entry_envelope",
    "erasures_table",
    "lambda_event",
    "ledger_table",
    "recipes_table",
    "sqs_record",
    "status_table",
]
