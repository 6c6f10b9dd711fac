"""On a schedule every dead letter is reported; what cannot be reported stays, and the function fails."""

from __future__ import annotations

import json

import pytest

from failures import handler
from failures.queues import queues
from imagebus import consumer
from imagebus.events.catalog import STAGES
from imagebus.testing import InMemoryS3, InMemorySQS, ManualClock, RecordingBus
from imagebus.testing.s3 import Bucket
from tests.unit.core.events import envelope, story, uploaded

SQS, URL = "arn:aws:sqs:eu-west-1:123456789012", "https://sqs.eu-west-1.amazonaws.com/123456789012"
SCHEDULED = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class Bench:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bus, self.s3 = RecordingBus(), InMemoryS3({"quarantine": Bucket()})
        self.sqs = InMemorySQS(ManualClock())
        names = ("imagebus_labels_dead_letters", "imagebus_validator_dead_letters", "undelivered")
        self.labels, self.validator, self.undelivered = urls = [self.sqs.add_queue(name) for name in names]
        self.by_arn = {self.sqs.queues[url].arn: url for url in urls}
        monkeypatch.setenv("EVENT_BUS", "imagebus")
        monkeypatch.setenv("UNDELIVERED_ARN", self.sqs.queues[self.undelivered].arn)
        monkeypatch.setenv("QUARANTINE_BUCKET", "quarantine")
        monkeypatch.setenv("UNDELIVERED_URL", self.undelivered)
        monkeypatch.setattr(handler, "queues", lambda *_: self.by_arn)
        monkeypatch.setattr(handler, "bus", lambda: self.bus)
        monkeypatch.setattr(consumer, "client", {"sqs": self.sqs}.__getitem__)
        monkeypatch.setattr(handler, "client", {"s3": self.s3}.__getitem__)

    def send(self, url: str, body: str) -> None:
        self.sqs.send_message(QueueUrl=url, MessageBody=body)

    @property
    def left(self) -> int:
        return sum(map(self.sqs.depth, self.by_arn.values()))


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def test_the_queues_are_those_of_the_stages_and_that_of_undelivered_events():
    names = [f"images_{stage.name}_dead_letters" for stage in STAGES]
    assert queues("images", f"{SQS}:undelivered", f"{URL}/undelivered") == {
        f"{SQS}:{name}": f"{URL}/{name}" for name in [*names, "undelivered"]
    }


def test_the_schedule_tells_of_what_lies_in_every_queue(bench: Bench):
    bench.send(bench.labels, json.dumps(envelope(story()[1])))
    bench.send(bench.validator, "no event")
    bench.send(bench.undelivered, json.dumps(envelope(uploaded())))
    assert handler.handle(SCHEDULED, Context()) == {"handled": 3, "failed": 0}
    assert bench.left == 0
    assert len(bench.bus.events) == 2
    assert len(bench.s3.buckets["quarantine"].keys) == 1


def test_what_cannot_be_told_of_stays_and_the_function_fails_over_it(bench: Bench):
    bench.bus.fails = 1
    bench.send(bench.labels, json.dumps(envelope(story()[1])))
    bench.send(bench.validator, json.dumps(envelope(uploaded())))
    with pytest.raises(handler.NotReported, match="1 dead letter"):
        handler.handle(SCHEDULED, Context())
    assert (bench.left, len(bench.bus.events)) == (1, 1)
