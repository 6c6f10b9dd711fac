"""Functions work with exactly the template's variables, tables and queues, and AWS allows their calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from imagebus import aws
from imagebus.clock import SystemClock
from imagebus.erasures import DynamoDBErasures
from imagebus.events.catalog import STAGES
from imagebus.identity import derived_prefix
from imagebus.naming import dead_letters_name
from imagebus.testing import (
    InMemoryDynamoDB,
    InMemoryEventBridge,
    InMemoryS3,
    InMemorySNS,
    InMemorySQS,
    ManualClock,
    erasures_table,
    ledger_table,
    sqs_record,
    status_table,
)
from imagebus.testing.s3 import Bucket
from imagebus_local import nesting, templates
from tests.models import Checked
from tests.unit.core.events import FIRST, KEY, SECOND, deleted, envelope, processed, story, uploaded

ROOT = Path(__file__).parents[2]
BUS = "EventBus"
ARCHIVES = "arn:aws:events:us-east-1:000000000000:archive"
SCHEDULED = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


@cache
def template() -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Its parameters, its resources, and the variables that all functions have."""
    read = templates.read(ROOT / "template.yml")
    common = read["Globals"]["Function"]["Environment"]["Variables"]
    return read["Parameters"], nesting.flat(read, ROOT)["Resources"], common


class Stack:
    """The template's resources, each under its logical name, and its parameters' defaults."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.clock = ManualClock()
        monkeypatch.setattr(SystemClock, "now", lambda _: self.clock.now())
        self.parameters, self._resources, self._common = template()
        self.dynamodb = InMemoryDynamoDB(
            {"StatusTable": status_table(), "ErasuresTable": erasures_table(), "LedgerTable": ledger_table()}
        )
        self.erasures = DynamoDBErasures(self.dynamodb, "ErasuresTable")  # type: ignore[arg-type]
        self.s3 = InMemoryS3({name: Bucket() for name in ("uploads", "ImagesBucket", "QuarantineBucket")})
        self.sqs, self.sns = InMemorySQS(self.clock), InMemorySNS()
        self.events = InMemoryEventBridge(clock=self.clock)
        self.urls = {
            name: self.sqs.add_queue(name)
            for name, resource in self._resources.items()
            if resource["Type"] == "AWS::SQS::Queue"
        }
        fakes = {
            "dynamodb": self.dynamodb, "s3": self.s3, "sqs": self.sqs, "sns": self.sns, "events": self.events
        }  # fmt: skip

        def create(service: str, **_: Any) -> Checked:
            return Checked(service, fakes[service])

        monkeypatch.setattr(aws, "_session", lambda **_: SimpleNamespace(create_client=create))

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        properties = self._resources[f"{function}Function"]["Properties"]
        for name, value in (self._common | properties["Environment"]["Variables"]).items():
            self._monkeypatch.setenv(name, self._resolved(value))
        module, _, name = properties["Handler"].rpartition(".")
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000)
        return getattr(import_module(module), name)(event, context)

    def receive(self, function: str, *bodies: dict[str, Any], queue: str = "") -> None:
        arn = self.sqs.queues[self.urls[queue or f"{function}Inbox"]].arn
        records = [sqs_record(json.dumps(body), queue_arn=arn) for body in bodies]
        assert self.invoke(function, {"Records": records}) == {"batchItemFailures": []}

    @property
    def published(self) -> list[str]:
        assert {entry["EventBusName"] for entries in self.events.calls for entry in entries} <= {BUS}
        return [event["detail-type"] for _, event in self.events.archive]

    def _resolved(self, value: Any) -> str:
        match value:
            case {"Ref": str(name)} if name in self.parameters:
                return str(self.parameters[name]["Default"])
            case {"Ref": str(name)}:
                return self.urls.get(name, name)
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                return self.sqs.queues[self.urls[name]].arn
        return str(value)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    from notifier import handler as notifier
    from recorder import handler as recorder

    caches = (aws.client, aws.bus, notifier._ports, recorder.recorder)
    for cached in caches:
        cached.cache_clear()
    yield Stack(monkeypatch)
    for cached in caches:
        cached.cache_clear()


def of_s3(detail_type: str, **more: str) -> dict[str, Any]:
    item = {"key": "k.jpg", "size": 9, "etag": "e", "sequencer": "0A", "version-id": "v9"}
    detail = {"bucket": {"name": "uploads"}, "object": item, "reason": "PutObject", **more}
    return {"source": "aws.s3", "detail-type": detail_type, "detail": detail}


def statuses(stack: Stack) -> list[str]:
    return [item["status"]["S"] for item in stack.dynamodb.tables["StatusTable"].items() if "status" in item]


def test_ingest_publishes_what_s3_reports(stack: Stack):
    stack.receive("Ingest", of_s3("Object Created"))
    assert stack.published == ["ImageUploaded"]


def test_ingest_asks_the_log_and_the_erasures_what_a_removed_version_was(stack: Stack):
    stack.receive("Recorder", envelope(uploaded("k.jpg")))
    stack.receive("Ingest", of_s3("Object Deleted", **{"deletion-type": "Permanently Deleted"}))
    assert stack.published == ["ImageDeleted"]
    stack.erasures.extend("k.jpg", versions=["v9"])
    stack.receive("Ingest", of_s3("Object Deleted", **{"deletion-type": "Permanently Deleted"}))
    assert stack.erasures.of("k.jpg").through


def test_the_recorder_logs_and_announces_and_knows_what_was_erased(stack: Stack):
    stack.receive("Recorder", *map(envelope, story()))
    assert (statuses(stack), stack.published) == (["completed"], ["ImageProcessed"])
    stack.erasures.extend("other.jpg", through=SECOND)
    stack.receive("Recorder", envelope(uploaded("other.jpg")))
    assert statuses(stack) == ["completed"]


def test_the_sweeper_reports_a_stall_unless_a_replay_or_its_backlog_is_still_arriving(stack: Stack):
    stack.receive("Recorder", envelope(uploaded()))
    overdue = int(stack.parameters["StalledAfterSeconds"]["Default"]) + 1
    stack.clock.advance(overdue)
    stack.events.start_replay(ReplayName="r", EventSourceArn=f"{ARCHIVES}/Archive")
    assert stack.invoke("Sweeper", SCHEDULED)["held"] == 1
    stack.events.finish_replay("r")
    stack.clock.advance(overdue)
    stack.sqs.send_message(QueueUrl=stack.urls["RecorderInbox"], MessageBody="of the replay")
    assert stack.invoke("Sweeper", SCHEDULED)["held"] == 1
    stack.sqs.queues[stack.urls["RecorderInbox"]].messages.clear()
    assert stack.invoke("Sweeper", SCHEDULED)["stalled"] == 1
    assert (statuses(stack), stack.published) == (["failed"], ["ProcessingStalled"])


def test_the_notifier_publishes_once_and_nothing_about_what_was_erased(stack: Stack):
    event = processed(story(), clock=ManualClock())
    stack.receive("Notifier", envelope(event))
    stack.receive("Notifier", envelope(event))
    (request,) = stack.sns.published
    assert request["TopicArn"] == "NotificationsTopic"
    (entry,) = stack.dynamodb.tables["LedgerTable"].items()
    days = (int(entry["expires_at"]["N"]) - stack.clock.now().timestamp()) / 86_400
    assert round(days) == int(stack.parameters["LedgerDays"]["Default"])
    stack.erasures.extend("gone.jpg", through=SECOND)
    stack.receive("Notifier", envelope(processed(story("gone.jpg"), clock=ManualClock())))
    assert len(stack.sns.published) == 1


def test_the_cleaner_removes_derived_images_of_a_batch_and_of_a_drain(stack: Stack):
    body = envelope(deleted())

    def drain() -> None:
        stack.sqs.send_message(QueueUrl=stack.urls["CleanerInbox"], MessageBody=json.dumps(body))
        assert stack.invoke("Cleaner", SCHEDULED) == {"handled": 1, "failed": 0}

    for run in (lambda: stack.receive("Cleaner", body), drain):
        stack.s3.put_object(Bucket="ImagesBucket", Key=f"{derived_prefix(KEY, FIRST)}watermarked.png")
        run()
        assert not stack.s3.buckets["ImagesBucket"].keys


def test_failures_reports_letters_and_keeps_what_is_no_event(stack: Stack):
    stack.receive("Failures", envelope(uploaded()), {"no": "event"}, queue="UndeliveredQueue")
    assert stack.published == ["ProcessingFailed"]
    attempts = stack.events.archive[0][1]["detail"]["data"]["attempts"]
    assert attempts == int(stack.parameters["MaxReceiveCount"]["Default"])
    assert len(stack.s3.buckets["QuarantineBucket"].keys) == 1


def test_failures_drains_every_queue_of_dead_letters(stack: Stack):
    urls = [stack.sqs.add_queue(dead_letters_name(BUS, stage.name)) for stage in STAGES]
    for url in (*urls, stack.urls["UndeliveredQueue"]):
        stack.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(envelope(uploaded())))
    assert stack.invoke("Failures", SCHEDULED) == {"handled": len(urls) + 1, "failed": 0}
