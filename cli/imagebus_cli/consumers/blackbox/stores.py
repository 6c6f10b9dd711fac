"""Where a consumer leaves things: what is there, as records, and emptying it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from imagebus.testing.kit.state import Record, event_record, item_record, record
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deletion import delete

#: DynamoDB's limit for a batch of writes.
MOST_WRITES = 25


class Store(Protocol):
    def read(self) -> list[Record]:
        """Everything in it."""
        ...

    def clear(self) -> None:
        """Removes what `read` has found last."""
        ...


class TableStore:
    def __init__(self, dynamodb: Any, name: str, table: str) -> None:
        self._dynamodb, self._place, self._table = dynamodb, f"table {name}", table
        schema = dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]
        self._key = [each["AttributeName"] for each in schema]
        self._items: list[Mapping[str, Any]] = []

    def read(self) -> list[Record]:
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        self._items = [item for page in pages for item in page["Items"]]
        return [item_record(self._place, self._key, item) for item in self._items]

    def clear(self) -> None:
        keys = [{name: item[name] for name in self._key} for item in self._items]
        for some in _chunks(keys, MOST_WRITES):
            waiting = {self._table: [{"DeleteRequest": {"Key": key}} for key in some]}
            while waiting:
                waiting = self._dynamodb.batch_write_item(RequestItems=waiting).get("UnprocessedItems")
        self._items = []


class BucketStore:
    """The current objects, with their tags. `clear` removes older versions as well."""

    def __init__(self, s3: Any, name: str, bucket: str) -> None:
        self._s3, self._place, self._bucket = s3, f"bucket {name}", bucket
        self._found = False

    def read(self) -> list[Record]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        self._found = bool(keys)
        return [record(self._place, key, self._content(key)) for key in keys]

    def clear(self) -> None:
        if self._found:
            empty_bucket(self._s3, self._bucket)
        self._found = False

    def _content(self, key: str) -> dict[str, Any]:
        found = self._s3.get_object(Bucket=self._bucket, Key=key)
        content = {"body": found["Body"].read(), "type": found.get("ContentType")}
        return content | ({"tags": tags(self._s3, self._bucket, key)} if found.get("TagCount") else {})


class OriginalsStore:
    """A stand-in for the pipeline's bucket of originals: one object version for each upload of the deck.

    `versions` maps (key, name of the version in the deck) to S3's version id.
    """

    def __init__(self, s3: Any, bucket: str, versions: Mapping[tuple[str, str], str]) -> None:
        self._s3, self._bucket, self._versions = s3, bucket, versions
        self._tagged: list[tuple[str, str]] = []

    def version(self, key: str, name: str) -> str:
        """S3's id of the version."""
        return self._versions[key, name]

    def read(self) -> list[Record]:
        self._tagged, found = [], []
        for (key, name), version in self._versions.items():
            if there := tags(self._s3, self._bucket, key, version):
                self._tagged.append((key, version))
                found.append(record("the originals", f"{key} {name}", there))
        return found

    def clear(self) -> None:
        for key, version in self._tagged:
            self._s3.delete_object_tagging(Bucket=self._bucket, Key=key, VersionId=version)
        self._tagged = []


class QueueStore:
    """Reading it empties it."""

    def __init__(self, sqs: Any, place: str, url: str, *, wait_seconds: int = 0) -> None:
        self._sqs, self._place, self._url, self._wait = sqs, place, url, wait_seconds

    def read(self) -> list[Record]:
        return [record(self._place, "", body) for body in self.bodies()]

    def bodies(self) -> list[str]:
        return [message["Body"] for message in self.messages()]

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            received = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=self._wait,
                MessageAttributeNames=["All"],
            )
            messages = received.get("Messages", [])
            if not messages:
                return found
            found += messages
            handles = [
                {"Id": str(at), "ReceiptHandle": message["ReceiptHandle"]}
                for at, message in enumerate(messages)
            ]
            self._sqs.delete_message_batch(QueueUrl=self._url, Entries=handles)

    def clear(self) -> None:
        """Reading did it."""


class BusStore(QueueStore):
    """What the consumer published, from a queue that a rule fills."""

    def read(self) -> list[Record]:
        envelopes = map(json.loads, self.bodies())
        return [event_record(each["source"], each["detail-type"], each["detail"]) for each in envelopes]


def tags(s3: Any, bucket: str, key: str, version: str | None = None) -> dict[str, str]:
    where = {"Bucket": bucket, "Key": key} | ({"VersionId": version} if version else {})
    return {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(**where)["TagSet"]}


def empty_bucket(s3: Any, bucket: str, prefix: str = "") -> None:
    """Deletes all versions of all objects, or of those whose key has the prefix. Raises Problem."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        named = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        if kept := list(delete(s3, bucket, named)):
            raise Problem(f"S3 kept {kept[0]['Key']} of {bucket}: {kept[0]['Message']}")


def _chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def read_all(stores: Iterable[Store]) -> list[Record]:
    return [each for store in stores for each in store.read()]
