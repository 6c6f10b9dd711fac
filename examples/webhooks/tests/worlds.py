"""The stack in memory: the real store, queue, keys, sender and sweeper over fakes of their AWS clients."""

from __future__ import annotations

import bisect
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from webhooks.fanout import fan_out
from webhooks.keys import Keys
from webhooks.model import Subscription
from webhooks.queue import Due, Queue
from webhooks.store import DUE, Store

from imagebus.clock import Clock, timestamp
from imagebus.events.catalog import parse
from imagebus.testing import InMemoryDynamoDB, InMemorySQS, ManualClock
from imagebus.testing.dynamodb import Table

EVENTS = {
    path.stem: json.loads(path.read_text("utf-8")) for path in (Path(__file__).parent / "events").iterdir()
}


class IndexedDynamoDB(InMemoryDynamoDB):
    """Keeps the sparse index sorted, because a query of the plain fake goes through the whole table."""

    def __init__(self) -> None:
        tables = {
            "subscriptions": Table("id"),
            "messages": Table("webhook_id"),
            "deliveries": Table("subscription", "webhook_id", {DUE: ("pending_of", "due_at")}),
        }
        super().__init__(tables)
        self._due: dict[str, list[tuple[str, str]]] = {}

    def put_item(self, **request: Any) -> dict[str, Any]:
        old = self.tables[request["TableName"]].get(request["Item"])
        answer = super().put_item(**request)
        if request["TableName"] == "deliveries":
            self._unindex(old or {})
            new = request["Item"]
            if "pending_of" in new:
                entries = self._due.setdefault(new["pending_of"]["S"], [])
                bisect.insort(entries, (new["due_at"]["S"], new["webhook_id"]["S"]))
        return answer

    def query(self, **request: Any) -> dict[str, Any]:
        if "IndexName" not in request:
            return super().query(**request)
        values = request["ExpressionAttributeValues"]
        entries = self._due.get(values[":of"]["S"], [])
        found = entries[: bisect.bisect_right(entries, (values[":until"]["S"], "\uffff"))]
        return {"Items": [{"webhook_id": {"S": name}} for _, name in found]}

    def next_due(self, subscription: str) -> str:
        return next((at for at, _ in self._due.get(subscription, [])), "9")

    def _unindex(self, old: Mapping[str, Any]) -> None:
        if "pending_of" in old:
            self._due[old["pending_of"]["S"]].remove((old["due_at"]["S"], old["webhook_id"]["S"]))


class InMemorySSM:
    """Parameter Store: keeps what was put, and refuses to show a SecureString undecrypted."""

    exceptions = SimpleNamespace(ParameterNotFound=KeyError)

    def __init__(self) -> None:
        self.versions: dict[str, list[str]] = {}
        self.before_put: Callable[[], None] = lambda: None

    def put_parameter(self, **request: Any) -> dict[str, Any]:
        assert request["Type"] == "SecureString"
        meanwhile, self.before_put = self.before_put, lambda: None
        meanwhile()
        versions = self.versions.setdefault(request["Name"], [])
        versions.append(request["Value"])
        return {"Version": len(versions)}

    def get_parameter(self, **request: Any) -> dict[str, Any]:
        """`NAME:2` is its second version, as in Parameter Store."""
        assert request["WithDecryption"]
        name, _, wanted = request["Name"].partition(":")
        version = int(wanted) if wanted else len(self.versions[name])
        return {"Parameter": {"Value": self.versions[name][version - 1], "Version": version}}

    def delete_parameter(self, **request: Any) -> None:
        del self.versions[request["Name"]]


@dataclass
class World:
    clock: Clock = field(default_factory=ManualClock)
    dynamodb: IndexedDynamoDB = field(default_factory=IndexedDynamoDB)
    ssm: InMemorySSM = field(default_factory=InMemorySSM)

    def __post_init__(self) -> None:
        client: Any = self.dynamodb
        self.store = Store(client, "subscriptions", "messages", "deliveries")
        self.sqs = InMemorySQS(self.clock)
        self.url = self.sqs.add_queue("due", visibility_timeout=180)
        queue: Any = self.sqs
        self.queue = Queue(queue, self.url)
        self.keys = Keys(self.ssm, "/stack/secrets", self.clock)

    def subscribe(self, name: str = "sub_1", **fields: Any) -> str:
        """The secret."""
        given = {"url": f"https://{name}.example/hook", "types": (), "prefix": ""} | fields
        secret = self.keys.create(name)
        self.store.create_subscription(Subscription(id=name, enabled_at=timestamp(self.clock.now()), **given))
        return secret

    def publish(self, name: str = "ImageProcessed", **meta: str) -> str:
        """The webhook's id."""
        envelope = json.loads(json.dumps(EVENTS[name]))
        envelope["detail"]["meta"] |= meta
        event = parse(envelope["detail-type"], envelope["detail"])
        fan_out(event, envelope["detail"], self.store, self.queue, self.clock)
        return event.meta.event_id

    def messages(self) -> Iterator[Due]:
        """What is in the queue; taken from it."""
        while found := self.sqs.receive_message(QueueUrl=self.url).get("Messages"):
            for message in found:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                yield Due.read(message["Body"])
