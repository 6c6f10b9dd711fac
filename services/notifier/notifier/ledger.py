"""What has been announced: one entry per event_id. It outlives the archive, so no replay announces twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol

from imagebus.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: How long a claim is valid: longer than the function may run, so that no live notifier loses its claim.
LEASE_SECONDS = 30

MARK_ATTEMPTS = 10

UNCLAIMED = "attribute_not_exists(event_id) OR (sending = :claimed AND lease_until < :now)"

Claim = Literal["granted", "sent", "busy"]


class Ledger(Protocol):
    def claim(self, event_id: str) -> Claim:
        """Claim the right to send: `granted`, already `sent`, or `busy` if another notifier has the claim."""
        ...

    def release(self, event_id: str) -> None:
        """Release a claim, because nothing was sent."""
        ...

    def mark_sent(self, event_id: str) -> None: ...


class DynamoDBLedger:
    def __init__(self, client: DynamoDBClient, table_name: str, clock: Clock, keep_days: int) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock
        self._keep_days = keep_days

    def claim(self, event_id: str) -> Claim:
        now = self._clock.now()
        try:
            self._client.put_item(
                TableName=self._table,
                Item=self._entry(
                    event_id, "claimed", {"lease_until": {"N": str(now.timestamp() + LEASE_SECONDS)}}
                ),
                ConditionExpression=UNCLAIMED,
                ExpressionAttributeValues={":claimed": {"S": "claimed"}, ":now": {"N": str(now.timestamp())}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return self._why_not(event_id)
        return "granted"

    def _why_not(self, event_id: str) -> Claim:
        key = {"event_id": {"S": event_id}}
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return "sent" if item and item["sending"]["S"] == "sent" else "busy"

    def release(self, event_id: str) -> None:
        self._client.put_item(
            TableName=self._table,
            Item=self._entry(event_id, "claimed", {"lease_until": {"N": "0"}}),
            ConditionExpression="sending = :claimed",
            ExpressionAttributeValues={":claimed": {"S": "claimed"}},
        )

    def mark_sent(self, event_id: str) -> None:
        """Retries for nearly as long as the function may run: giving up here means announcing twice."""
        from botocore.exceptions import BotoCoreError, ClientError

        for attempt in range(MARK_ATTEMPTS):
            try:
                self._client.put_item(TableName=self._table, Item=self._entry(event_id, "sent", {}))
                return
            except (BotoCoreError, ClientError):
                if attempt == MARK_ATTEMPTS - 1:
                    raise
                self._clock.sleep(min(0.1 * 2**attempt, 3))

    def _entry(self, event_id: str, sending: str, more: dict[str, Any]) -> dict[str, Any]:
        expires = self._clock.now() + timedelta(days=self._keep_days)
        return {
            "event_id": {"S": event_id},
            "sending": {"S": sending},
            "expires_at": {"N": str(int(expires.timestamp()))},
            **more,
        }
