"""live, tested with the pipeline's golden events: examples of what the bus delivers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from live import handler
from live.connections import CONNECTING, LIFETIME, Connections
from live.push import message

from imagebus.events import read
from imagebus.events.ingest import ImageUploaded
from imagebus.inbox import Inbox, one_by_one
from imagebus.testing import InMemoryDynamoDB, ManualClock, sqs_record
from imagebus.testing.consumer import ConsumerKit
from imagebus.testing.dynamodb import Table
from imagebus.testing.kit.memory import World

EVENTS = {
    path.stem: json.loads(path.read_text("utf-8")) for path in (Path(__file__).parent / "events").iterdir()
}


class Gone(ClientError):
    pass


class Limited(ClientError):
    pass


class Exceptions:
    GoneException = Gone
    LimitExceededException = Limited


class Gateway:
    """API Gateway's @connections. `failing` maps a connection to the error that it answers."""

    exceptions = Exceptions

    def __init__(self, **failing: str) -> None:
        self.failing = failing
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.closed: list[str] = []

    def post_to_connection(self, **request: Any) -> dict[str, Any]:
        if code := self.failing.get(request["ConnectionId"]):
            error: Any = {"Error": {"Code": code, "Message": ""}}
            raise getattr(Exceptions, code, ClientError)(error, "PostToConnection")
        self.posted.append((request["ConnectionId"], json.loads(request["Data"])))
        return {}

    def delete_connection(self, **request: Any) -> dict[str, Any]:
        self.closed.append(request["ConnectionId"])
        return {}


class Pages:
    """The pages that are connected, and what they have been told."""

    def __init__(self, **failing: str) -> None:
        self.clock, self.gateway = ManualClock(), Gateway(**failing)
        self.table = Table("id")
        self.connections = Connections(
            InMemoryDynamoDB({"connections": self.table}), "connections", lambda: self.gateway, self.clock
        )

    def open(self, *names: str) -> None:
        for name in names:
            self.call("CONNECT", name)

    def call(self, kind: str, name: str) -> None:
        context = {"eventType": kind, "connectionId": name}
        assert handler.connect({"requestContext": context}, None) == {"statusCode": 200}

    @property
    def known(self) -> list[str]:
        return sorted(item["id"]["S"] for item in self.table.items())

    def told(self, name: str) -> list[dict[str, Any]]:
        return [body for each, body in self.gateway.posted if each == name]


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Pages:
    made = Pages()
    monkeypatch.setattr(handler, "connections", lambda: made.connections)
    return made


def delivered(envelope: dict[str, Any]) -> dict[str, Any]:
    """The function's response to this event from its inbox."""
    return Inbox(one_by_one(handler.receive))({"Records": [sqs_record(json.dumps(envelope))]})


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_that_the_rule_lets_through_reaches_every_page(name: str, pages: Pages) -> None:
    pages.open("a", "b")
    assert delivered(EVENTS[name]) == {"batchItemFailures": []}
    meta, kind = EVENTS[name]["detail"]["meta"], name.partition("--")[0]
    states = {"ImageProcessed": "completed", "ImageRejected": "rejected", "ImageDeleted": "deleted"}
    states["ImageUploaded"] = "processing"
    status = {"status": states[kind]} if kind in states else {}
    expected = {"key": meta["image_key"], "revision": meta["revision"], "updated_at": meta["occurred_at"]}
    assert pages.told("a") == pages.told("b") == [expected | status]


def test_an_event_that_was_not_subscribed_to_is_refused(pages: Pages) -> None:
    pages.open("a")
    stranger = {"source": "somebody.else", "detail-type": "SomethingElse", "detail": {}}
    assert delivered(stranger) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert pages.gateway.posted == []


def test_a_page_that_has_left_is_told_nothing(pages: Pages) -> None:
    pages.open("a", "b")
    pages.call("DISCONNECT", "a")
    delivered(EVENTS["ImageProcessed"])
    assert pages.told("a") == []
    assert len(pages.told("b")) == 1


def test_a_connection_that_is_gone_is_forgotten(pages: Pages) -> None:
    pages.open("a", "b")
    pages.gateway.failing["a"] = "GoneException"
    pages.clock.advance(CONNECTING.total_seconds() + 1)
    assert delivered(EVENTS["ImageProcessed"]) == {"batchItemFailures": []}
    assert pages.known == ["b"]


def test_a_connection_that_is_not_open_yet_is_kept(pages: Pages) -> None:
    """API Gateway says the same about it as about one that is gone."""
    pages.open("a")
    pages.gateway.failing["a"] = "GoneException"
    assert delivered(EVENTS["ImageProcessed"]) == {"batchItemFailures": []}
    assert pages.known == ["a"]


def test_a_failed_post_is_retried_and_holds_up_no_other_page(pages: Pages) -> None:
    pages.open("a", "b", "c")
    pages.gateway.failing["a"] = "InternalServerError"
    assert delivered(EVENTS["ImageProcessed"]) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert len(pages.told("b")) == len(pages.told("c")) == 1
    pages.gateway.failing.clear()
    assert delivered(EVENTS["ImageProcessed"]) == {"batchItemFailures": []}
    assert len(pages.told("a")) == 1


def test_a_page_that_takes_no_message_is_disconnected_and_costs_the_others_nothing(pages: Pages) -> None:
    """API Gateway's buffer for it is full. It connects again, and lists what it has missed."""
    pages.open("slow", "b")
    pages.gateway.failing["slow"] = "LimitExceededException"
    assert delivered(EVENTS["ImageProcessed"]) == {"batchItemFailures": []}
    assert (pages.gateway.closed, pages.known) == (["slow"], ["b"])
    assert len(pages.told("b")) == 1


def test_a_connection_expires_when_api_gateway_has_closed_it(pages: Pages) -> None:
    pages.open("a")
    (item,) = pages.table.items()
    opened, expires = (int(item[name]["N"]) for name in ("opened", "expires"))
    assert expires - opened == LIFETIME.total_seconds() == 7200


def test_no_key_makes_a_message_that_api_gateway_refuses() -> None:
    """A frame has 32 KB at most; a control character takes six bytes in JSON."""
    detail = json.loads(json.dumps(EVENTS["ImageUploaded"]["detail"]))
    detail["meta"]["image_key"] = "\x01" * 1024
    assert len(message("ImageUploaded", read(ImageUploaded, detail).meta)) < 32 * 1024


def test_no_order_duplicate_replay_or_poison_changes_the_connections(consumer_kit: ConsumerKit) -> None:
    def prepare(world: World) -> None:
        for name in ("here", "gone"):
            item = {"id": {"S": name}, "opened": {"N": "0"}, "expires": {"N": "7200"}}
            world.dynamodb.put_item(TableName="Connections", Item=item)

    gateway = Gateway(gone="GoneException")
    handler.connections.cache_clear()
    consumer_kit.check(handler.handle, prepare=prepare, clients={"apigatewaymanagementapi": gateway})
    handler.connections.cache_clear()
    assert {name for name, _ in gateway.posted} == {"here"}
