"""The connections that are open: a table of them, and API Gateway to post to each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from imagebus.clock import Clock

#: API Gateway closes every connection after two hours, and does not always report it.
#: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
LIFETIME = timedelta(hours=2)
#: Until $connect has answered, within 29 seconds, API Gateway says that the connection is gone.
#: https://repost.aws/knowledge-center/410-gone-api-gateway
CONNECTING = timedelta(seconds=30)


@dataclass(frozen=True)
class Connection:
    id: str
    opened: datetime


class Connections:
    """`gateway` makes or returns the client `apigatewaymanagementapi`."""

    def __init__(self, dynamodb: Any, table: str, gateway: Callable[[], Any], clock: Clock) -> None:
        self._dynamodb, self._table, self._gateway, self._clock = dynamodb, table, gateway, clock

    def add(self, connection_id: str) -> None:
        now = int(self._clock.now().timestamp())
        expires = now + int(LIFETIME.total_seconds())
        item = {"id": {"S": connection_id}, "opened": {"N": str(now)}, "expires": {"N": str(expires)}}
        self._dynamodb.put_item(TableName=self._table, Item=item)

    def remove(self, connection_id: str) -> None:
        self._dynamodb.delete_item(TableName=self._table, Key={"id": {"S": connection_id}})

    def all(self) -> Iterator[Connection]:
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table)
        for page in pages:
            for item in page["Items"]:
                opened = datetime.fromtimestamp(int(item["opened"]["N"]), self._clock.now().tzinfo)
                yield Connection(item["id"]["S"], opened)

    def post(self, connection: Connection, message: bytes) -> bool:
        """Whether it was sent. A connection that is gone is removed; one that takes no message is closed.

        Raises ClientError.
        """
        gateway = self._gateway()
        try:
            gateway.post_to_connection(ConnectionId=connection.id, Data=message)
        except gateway.exceptions.GoneException:
            if self._clock.now() - connection.opened > CONNECTING:
                self.remove(connection.id)
            return False
        except gateway.exceptions.LimitExceededException:
            # Also after botocore's retries: its client reads too slowly, or this API is throttled. A retry of
            # the event would tell all others again. A client that is disconnected comes back, and lists.
            # https://docs.aws.amazon.com/botocore/latest/reference/services/apigatewaymanagementapi/client/exceptions/LimitExceededException.html
            self._close(gateway, connection.id)
            return False
        return True

    def _close(self, gateway: Any, connection_id: str) -> None:
        with suppress(gateway.exceptions.GoneException):
            gateway.delete_connection(ConnectionId=connection_id)
        self.remove(connection_id)
