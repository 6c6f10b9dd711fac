"""A stack with a full bucket, for the tests of `imagebus import`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from imagebus.history.recorded import RecordedEvent
from imagebus.history.required import DEFAULT, Required
from imagebus.projector import Projector
from imagebus.testing import ManualClock
from imagebus_cli import main
from imagebus_cli.adopt import adopting
from imagebus_cli.adopt.adopting import Importer, Pace
from imagebus_cli.stack import find as where
from imagebus_cli.stack.deployed import Stack
from ingest.objects import translate
from tests.tables import create_table

KEYS = ["a.jpg", "b/c d+é%20.png", "b/d.webp"]


class World:
    """A stack whose recorder is asked by hand to log what waits in ingest's inbox."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.session = boto3.Session(region_name="us-east-1")
        self.sqs = self.session.client("sqs")
        self.inbox = self.sqs.create_queue(QueueName="imagebus_ingest_inbox")["QueueUrl"]
        outputs = {
            "UploadsBucketName": "uploads",
            "StatusTableName": "status",
            "ErasuresTableName": "erasures",
            "InboxUrls": self.inbox.replace("ingest", "{stage}"),
            "RequiredFacts": DEFAULT,
        }
        self.stack = Stack(self.session, outputs)
        create_table(self.stack.dynamodb, "status")
        create_table(self.stack.dynamodb, "erasures", "ErasuresTable")
        self.s3 = self.stack.s3
        for bucket in ("uploads", "other"):
            self.s3.create_bucket(Bucket=bucket)
        versioned: Any = {"Status": "Enabled"}
        self.s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration=versioned)
        monkeypatch.setattr(where, "find", lambda *_, **__: self.stack)

    def put(self, *keys: str, bucket: str = "uploads", **more: Any) -> None:
        for key in keys:
            self.s3.put_object(Bucket=bucket, Key=key, Body=b"x" * 7, **more)

    def waiting(self) -> list[dict[str, Any]]:
        """The messages in ingest's inbox, which this empties."""
        found: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(QueueUrl=self.inbox, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for each in messages:
                found.append(json.loads(each["Body"]))
                self.sqs.delete_message(QueueUrl=self.inbox, ReceiptHandle=each["ReceiptHandle"])
        return found

    def record(self) -> list[str]:
        """What ingest and the recorder do with them; returns the keys."""
        keys = []
        for envelope in self.waiting():
            event = translate(envelope, ManualClock())
            assert event is not None
            self.stack.store.append(RecordedEvent.from_event(event))
            Projector(self.stack.store, Required.parse(DEFAULT)).project(event.meta.image_key)
            keys.append(event.meta.image_key)
        return keys


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with mock_aws():
        yield World(monkeypatch)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main.app, ["import", "--rate", "100000", *arguments])


def document(*arguments: str, exit_code: int = 0) -> dict[str, Any]:
    done = run("--json", *arguments)
    assert done.exit_code == exit_code, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def importer(world: World, clock: ManualClock) -> Importer:
    stack = world.stack
    pace = Pace(1000, clock)
    keys = lambda wanted: {key for key in wanted if stack.store.status(key)}  # noqa: E731
    return Importer(stack.s3, stack.sqs, "uploads", world.inbox, keys, stack.erasures, pace)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adopting, "IN_FLIGHT", 10)
    monkeypatch.setattr(adopting, "PATIENCE", 3)
