"""Update expressions mean the same to the in-memory DynamoDB as to moto."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from imagebus.testing import InMemoryDynamoDB
from imagebus.testing.dynamodb import Table

KEY = {"id": {"S": "a"}}
UPDATES: list[dict[str, Any]] = [
    {"UpdateExpression": "SET n = :one", "ExpressionAttributeValues": {":one": {"N": "1"}}},
    {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}},
    {
        "UpdateExpression": "SET n = if_not_exists(n, :zero) + :one, copied = n",
        "ExpressionAttributeValues": {":zero": {"N": "0"}, ":one": {"N": "2"}},
    },
    {"UpdateExpression": "ADD tags :tags", "ExpressionAttributeValues": {":tags": {"SS": ["x", "y"]}}},
    {"UpdateExpression": "DELETE tags :tags", "ExpressionAttributeValues": {":tags": {"SS": ["x"]}}},
    {
        "UpdateExpression": "SET #l = list_append(if_not_exists(#l, :none), :some)",
        "ExpressionAttributeNames": {"#l": "list"},
        "ExpressionAttributeValues": {":none": {"L": []}, ":some": {"L": [{"S": "first"}]}},
    },
    {
        "UpdateExpression": "SET m = :m REMOVE copied",
        "ExpressionAttributeValues": {":m": {"M": {"held": {"N": "5"}}}},
    },
    {"UpdateExpression": "SET m.held = m.held - :two", "ExpressionAttributeValues": {":two": {"N": "2"}}},
]


@pytest.fixture(params=["moto", "memory"])
def dynamodb(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "memory":
        yield InMemoryDynamoDB({"table": Table("id")})
        return
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="table",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        yield client


def test_each_update_changes_what_it_names(dynamodb: Any) -> None:
    for update in UPDATES:
        answer = dynamodb.update_item(TableName="table", Key=KEY, ReturnValues="ALL_NEW", **update)
    assert answer["Attributes"] == {
        **KEY,
        "n": {"N": "4"},
        "tags": {"SS": ["y"]},
        "list": {"L": [{"S": "first"}]},
        "m": {"M": {"held": {"N": "3"}}},
    }
    assert dynamodb.get_item(TableName="table", Key=KEY)["Item"] == answer["Attributes"]


def test_a_condition_that_does_not_hold_changes_nothing(dynamodb: Any) -> None:
    first = UPDATES[0] | {"ConditionExpression": "attribute_not_exists(id)"}
    dynamodb.update_item(TableName="table", Key=KEY, **first)
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.update_item(TableName="table", Key=KEY, **first)
    assert dynamodb.get_item(TableName="table", Key=KEY)["Item"] == {**KEY, "n": {"N": "1"}}
