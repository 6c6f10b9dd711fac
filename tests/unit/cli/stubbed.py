"""An AWS account of prepared answers. Calls are checked against botocore's models and go nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3

ACCOUNT = "123456789012"
Answer = Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]] | str

#: What a new account with nothing in it answers. A text is an error code.
EMPTY: Mapping[str, Answer] = {
    "sts.GetCallerIdentity": {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/me"},
    "cloudformation.DescribeStacks": "ValidationError: Stack with id imagebus does not exist",
    "cloudwatch.DescribeAlarms": {"MetricAlarms": []},
    "cloudwatch.ListDashboards": {"DashboardEntries": []},
    "events.ListArchives": {"Archives": []},
    "events.ListEventBuses": {"EventBuses": [{"Name": "default"}]},
    "events.ListRules": {"Rules": []},
    "schemas.ListRegistries": {"Registries": []},
    "logs.DescribeLogGroups": {"logGroups": []},
    "sqs.ListQueues": {},
    "ssm.GetParametersByPath": {"Parameters": []},
    "dynamodb.ListTables": {"TableNames": []},
    "s3.ListBuckets": {"Buckets": []},
    "service-quotas.GetServiceQuota": {"Quota": {"Value": 100.0}},
    "service-quotas.ListServiceQuotas": {"Quotas": []},
    "service-quotas.ListAWSDefaultServiceQuotas": {
        "Quotas": [
            {
                "QuotaName": f"Transactions per second per account for the Amazon Rekognition {operation}",
                "Value": value,
            }
            # The names and values of eu-west-1: https://docs.aws.amazon.com/general/latest/gr/rekognition.html
            for operation, value in {
                "Custom Labels operation: ListDatasetLabels": 5.0,
                "Image operation DetectLabels": 50.0,
                "Image operation DetectFaces": 50.0,
                "Image operation DetectModerationLabels": 50.0,
            }.items()
        ]
    },
    "lambda.GetAccountSettings": {"AccountLimit": {"UnreservedConcurrentExecutions": 1000}},
}


#: The account that answers, by region: a session of its own for each would read botocore's models again.
CURRENT: dict[str, Account] = {}


@cache
def _session(region: str) -> boto3.Session:
    session = boto3.Session("test", "test", region_name=region)

    def answer(**call: Any) -> tuple[Any, dict[str, Any]]:
        return CURRENT[region].answer(**call)

    session.events.register("before-call", answer)
    return session


class Account:
    """`session` answers from `answers`; `calls` are the operations that were called."""

    def __init__(self, region: str = "eu-west-1") -> None:
        self.answers: dict[str, Answer] = {**EMPTY}
        self.calls: list[str] = []
        self.session = _session(region)
        CURRENT[region] = self

    def answer(self, model: Any, params: Any, **_: Any) -> tuple[Any, dict[str, Any]]:
        name = f"{model.service_model.service_name}.{model.name}"
        self.calls.append(name)
        answer = self.answers[name]
        if callable(answer):
            answer = answer(params)
        if isinstance(answer, str):
            code, _, message = answer.partition(": ")
            error = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {}}
            return type("Http", (), {"status_code": 400})(), error
        return type("Http", (), {"status_code": 200})(), {**answer, "ResponseMetadata": {}}
