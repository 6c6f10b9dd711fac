"""A deployed stack and its AWS clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from imagebus.bus import EventBridgeBus
from imagebus.clock import SystemClock
from imagebus.erasures import DynamoDBErasures
from imagebus.listing import ImageIndex
from imagebus.recipes.store import DynamoDBRecipes
from imagebus.store import DynamoDBEventStore
from imagebus_cli.operations.table import StatusTable
from imagebus_cli.problem import Problem

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

CONFIG = Config(max_pool_connections=64, retries={"mode": "standard", "total_max_attempts": 4})


@dataclass(frozen=True)
class Stack:
    """`session` holds the credentials; `endpoint` is None on AWS."""

    session: boto3.Session
    outputs: Mapping[str, str]
    endpoint: str | None = None

    @classmethod
    def local(cls, endpoint: str, region: str, outputs: Mapping[str, str]) -> Stack:
        """The embedded AWS. Your own profile and keys are not used."""
        from imagebus_local import session

        return cls(session(region), outputs, endpoint)

    @cached_property
    def s3(self) -> S3Client:
        return self.session.client("s3", endpoint_url=self.endpoint, config=CONFIG)

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        return self.session.client("dynamodb", endpoint_url=self.endpoint, config=CONFIG)

    @cached_property
    def sqs(self) -> SQSClient:
        return self.session.client("sqs", endpoint_url=self.endpoint, config=CONFIG)

    @cached_property
    def sns(self) -> SNSClient:
        return self.session.client("sns", endpoint_url=self.endpoint, config=CONFIG)

    @cached_property
    def events(self) -> EventBridgeClient:
        return self.session.client("events", endpoint_url=self.endpoint, config=CONFIG)

    @cached_property
    def sts(self) -> STSClient:
        return self.session.client("sts", endpoint_url=self.endpoint, config=CONFIG)

    @cached_property
    def apigateway(self) -> APIGatewayClient:
        return self.session.client("apigateway", endpoint_url=self.endpoint, config=CONFIG)

    @cached_property
    def functions(self) -> LambdaClient:
        return self.session.client("lambda", endpoint_url=self.endpoint, config=CONFIG)

    @cached_property
    def logs(self) -> Any:
        return self.session.client("logs", endpoint_url=self.endpoint, config=CONFIG)

    @cached_property
    def store(self) -> DynamoDBEventStore:
        return DynamoDBEventStore(self.dynamodb, self.outputs["StatusTableName"])

    @cached_property
    def erasures(self) -> DynamoDBErasures:
        return DynamoDBErasures(self.dynamodb, self.outputs["ErasuresTableName"])

    @cached_property
    def bus(self) -> EventBridgeBus:
        return EventBridgeBus(self.events, self.outputs["EventBusName"], SystemClock())

    @cached_property
    def recipes(self) -> DynamoDBRecipes:
        """Raises Problem for a stack of an earlier version."""
        return DynamoDBRecipes(self.dynamodb, self.recipes_table, SystemClock())

    @property
    def recipes_table(self) -> str:
        if "RecipesTableName" not in self.outputs:
            raise Problem(
                "This stack has no recipes, because its version is too old.", "Deploy first: imagebus deploy"
            )
        return self.outputs["RecipesTableName"]

    @cached_property
    def index(self) -> ImageIndex:
        return ImageIndex(self.dynamodb, self.outputs["StatusTableName"])

    @cached_property
    def table(self) -> StatusTable:
        """The whole table: for operators only."""
        return StatusTable(self.dynamodb, self.outputs["StatusTableName"])

    @property
    def uploads(self) -> str:
        return self.outputs["UploadsBucketName"]

    @property
    def images(self) -> str:
        return self.outputs["ImagesBucketName"]
