"""DynamoDB whose index reads, and reads that do not ask for consistency, may see the past."""

from __future__ import annotations

from random import Random
from typing import Any

from imagebus.testing.dynamodb import InMemoryDynamoDB, Table
from tests.simulation.scheduler import Scheduler

Row = dict[str, Any]


class LaggingDynamoDB(InMemoryDynamoDB):
    """`lag`: at most by how many seconds."""

    def __init__(
        self, tables: dict[str, Table], page_items: int, scheduler: Scheduler, random: Random, lag: float
    ) -> None:
        super().__init__(tables, page_items)
        self._scheduler = scheduler
        self._random = random
        self._lag = lag
        #: (table, row's key) -> when it became what, oldest first
        self._past: dict[tuple[str, tuple[str, str]], list[tuple[float, Row | None]]] = {}

    def put_item(self, **request: Any) -> dict[str, Any]:
        answer = super().put_item(**request)
        self._remember(request["TableName"], request["Item"], dict(request["Item"]))
        return answer

    def delete_item(self, **request: Any) -> dict[str, Any]:
        answer = super().delete_item(**request)
        self._remember(request["TableName"], request["Key"], None)
        return answer

    def lose(self, name: str) -> None:
        """Somebody deleted the table, and made an empty one."""
        self.tables[name].partitions.clear()
        self._past = {key: states for key, states in self._past.items() if key[0] != name}

    def _remember(self, name: str, row: Row, content: Row | None) -> None:
        if self._lag:
            key = (name, self.tables[name].key(row))
            self._past.setdefault(key, []).append((self._scheduler.seconds, content))

    def get_item(self, **request: Any) -> dict[str, Any]:
        return self._earlier(request).get_item(**request)

    def query(self, **request: Any) -> dict[str, Any]:
        return self._earlier(request).query(**request)

    def _earlier(self, request: dict[str, Any]) -> InMemoryDynamoDB:
        """The tables at the moment that the read sees. Pages of one read may see different ones."""
        present = InMemoryDynamoDB(self.tables, self._page_items)
        if not self._lag or request.get("ConsistentRead"):
            return present
        moment, name = self._scheduler.seconds - self._random.uniform(0, self._lag), request["TableName"]
        now = self.tables[name]
        past = Table(now.hash_key, now.range_key, now.indexes)
        for (table, (partition, row)), states in self._past.items():
            seen = [content for at, content in states if at <= moment]
            if table == name and seen and seen[-1] is not None:
                past.partitions.setdefault(partition, {})[row] = seen[-1]
        return InMemoryDynamoDB({**self.tables, name: past}, self._page_items)
