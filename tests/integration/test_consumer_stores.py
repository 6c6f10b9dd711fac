"""The stores of a deployed consumer, against moto: what is in them, and that nothing is left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from imagebus.testing.kit.state import Record
from imagebus_cli.consumers.blackbox.stores import (
    BucketStore,
    BusStore,
    OriginalsStore,
    QueueStore,
    Store,
    TableStore,
)

REGION = "us-east-1"


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        yield lambda service: boto3.client(service, region_name=REGION)


def read(store: Store) -> dict[str, dict[str, Any]]:
    return {each.label: dict(each.values) for each in store.read()}


def test_a_table_with_more_items_than_one_batch(client: Any) -> None:
    dynamodb = client("dynamodb")
    keys = [("image", "HASH"), ("about", "RANGE")]
    dynamodb.create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
    )
    for number in range(30):
        item = {"image": {"S": f"{number}"}, "about": {"S": "labels"}, "names": {"L": [{"S": "Beach"}]}}
        dynamodb.put_item(TableName="table", Item=item | {"raw": {"B": b"\xff"}, "set": {"SS": ["b", "a"]}})
    store = TableStore(dynamodb, "Images", "table")
    found = read(store)
    assert len(found) == 30
    assert found["7 / labels"]["names[0]"] == "Beach"
    assert (found["7 / labels"]["set[0]"], found["7 / labels"]["set[1]"]) == ("a", "b")
    assert str(found["7 / labels"]["raw"]).startswith("1 bytes, SHA-256 ")
    store.clear()
    assert read(store) == {}


def test_a_versioned_bucket_is_emptied_of_all_versions(client: Any) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="rows")
    s3.put_bucket_versioning(Bucket="rows", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"old", b'{"format": "JPEG"}'):
        s3.put_object(Bucket="rows", Key="a.json", Body=body, ContentType="application/json")
    s3.put_object_tagging(Bucket="rows", Key="a.json", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    store = BucketStore(s3, "Rows", "rows")
    assert read(store) == {"a.json": {"body.format": "JPEG", "type": "application/json", "tags.k": "v"}}
    store.clear()
    assert s3.list_object_versions(Bucket="rows").get("Versions", []) == []


def test_originals_keep_their_versions_and_lose_their_tags(client: Any) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="uploads")
    s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
    made = [s3.put_object(Bucket="uploads", Key="a.jpg", Body=b"x")["VersionId"] for _ in range(2)]
    store = OriginalsStore(
        s3, "uploads", {("a.jpg", f"version-{number}"): each for number, each in enumerate(made, 1)}
    )
    assert store.version("a.jpg", "version-1") == made[0]
    assert read(store) == {}
    tagging = {"TagSet": [{"Key": "status", "Value": "completed"}]}
    s3.put_object_tagging(Bucket="uploads", Key="a.jpg", VersionId=made[0], Tagging=tagging)
    assert read(store) == {"a.jpg version-1": {"status": "completed"}}
    store.clear()
    assert read(store) == {}
    assert len(s3.list_object_versions(Bucket="uploads")["Versions"]) == 2


def test_a_queue_is_empty_once_it_is_read(client: Any) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="out")["QueueUrl"]
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=f'{{"number": {number}}}')
    store = QueueStore(sqs, "queue Out", url)
    assert sorted(int(str(each.values["number"])) for each in store.read()) == list(range(12))
    assert store.read() == []


def test_a_published_event_is_named_by_its_fact(client: Any) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="captured")["QueueUrl"]
    body = '{"source": "gallery", "detail-type": "ImageListed", "detail": {"meta": {"event_id": "1"}}}'
    sqs.send_message(QueueUrl=url, MessageBody=body)
    values = {"source": "gallery", "detail-type": "ImageListed", "detail.meta.event_id": "1"}
    assert BusStore(sqs, "bus", url).read() == [Record("bus", "1", values)]
