"""What AWS bills only because it was turned on.

Metrics of a REST API by method ("detailed metrics"):
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-stages.html

Tables: `SSEEnabled` without a key means `alias/aws/dynamodb`, and KMS bills each use. Otherwise the key is
DynamoDB's own, which is free. Tables are always encrypted.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_SSESpecification.html
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from tools.security.translate import translated

HAS_KEY = "HasEncryptionKey"


@cache
def resources() -> dict[str, Any]:
    found: dict[str, Any] = translated(Path(__file__).parents[2] / "template.yml")["Resources"]
    return found


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: each["Properties"] for name, each in resources().items() if each["Type"] == kind}


def test_no_stage_has_detailed_metrics_because_nothing_reads_them() -> None:
    (stage,) = of_type("AWS::ApiGateway::Stage").values()
    for settings in stage["MethodSettings"]:
        assert not settings.get("MetricsEnabled")


def test_tables_use_kms_only_with_a_key_of_the_customer() -> None:
    tables = of_type("AWS::DynamoDB::Table")
    assert tables
    for name, table in tables.items():
        assert table["SSESpecification"] == {
            "SSEEnabled": {"Fn::If": [HAS_KEY, True, False]},
            "SSEType": {"Fn::If": [HAS_KEY, "KMS", {"Ref": "AWS::NoValue"}]},
            "KMSMasterKeyId": {"Fn::If": [HAS_KEY, {"Ref": "EncryptionKeyArn"}, {"Ref": "AWS::NoValue"}]},
        }, name
