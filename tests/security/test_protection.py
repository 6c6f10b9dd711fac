"""Everything that holds data is private, encrypted, retained, and reachable only over TLS."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tools.security.audit import packages, wrong
from tools.security.lint import Finding, verdict
from tools.security.matrix import as_list
from tools.security.translate import Template, translated

ROOT = Path(__file__).parents[2]
KEY = {"Ref": "EncryptionKeyArn"}


@cache
def template() -> Template:
    return translated(ROOT / "template.yml")


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: each for name, each in template()["Resources"].items() if each["Type"] == kind}


def policies(kind: str, field: str) -> dict[str, list[dict[str, Any]]]:
    """Logical id of a bucket, queue or topic -> the statements of its policy."""
    found: dict[str, list[dict[str, Any]]] = {}
    for each in of_type(kind).values():
        for target in as_list(each["Properties"][field]):
            found.setdefault(target["Ref"], []).extend(
                statement.get("Fn::If", [None, statement])[1]  # a conditional one
                for statement in each["Properties"]["PolicyDocument"]["Statement"]
            )
    return found


@pytest.mark.parametrize(
    ("kind", "policy", "field"),
    [
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ],
)
def test_everything_with_a_policy_refuses_what_is_not_tls(kind: str, policy: str, field: str) -> None:
    statements = policies(policy, field)
    for name in of_type(kind):
        refusals = [
            each
            for each in statements[name]
            if each["Effect"] == "Deny"
            and each["Principal"] == "*"
            and each["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        ]
        assert refusals, name


def test_a_queue_lets_only_its_rule_send() -> None:
    for name, statements in policies("AWS::SQS::QueuePolicy", "Queues").items():
        for each in statements:
            if each["Effect"] == "Allow":
                assert each["Principal"] == {"Service": "events.amazonaws.com"}, name
                assert each["Action"] == "sqs:SendMessage"
                (wanted,) = each["Condition"].values()
                assert each["Condition"].keys() <= {"ArnEquals", "ArnLike"}, name
                assert as_list(wanted["aws:SourceArn"]), name


def test_no_policy_allows_everybody() -> None:
    for kind, field in [
        ("AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::TopicPolicy", "Topics"),
    ]:
        for name, statements in policies(kind, field).items():
            allowed = [each["Principal"] for each in statements if each["Effect"] == "Allow"]
            assert "*" not in allowed, name


def test_buckets_are_private_owned_and_encrypted() -> None:
    for name, bucket in of_type("AWS::S3::Bucket").items():
        properties = bucket["Properties"]
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == {
            "Fn::If": ["HasEncryptionKey", "aws:kms", "AES256"]
        }
        assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]["Fn::If"][1] == KEY
        rules = {each.get("Id") for each in properties["LifecycleConfiguration"]["Rules"]}
        assert "aborted-uploads" in rules, name


def test_queues_topics_tables_logs_and_environments_take_the_customers_key() -> None:
    places = {
        "AWS::SQS::Queue": lambda properties: properties["KmsMasterKeyId"],
        "AWS::SNS::Topic": lambda properties: properties["KmsMasterKeyId"],
        "AWS::DynamoDB::Table": lambda properties: properties["SSESpecification"]["KMSMasterKeyId"],
        "AWS::Logs::LogGroup": lambda properties: properties["KmsKeyId"],
        "AWS::Lambda::Function": lambda properties: properties["KmsKeyArn"],
    }
    for kind, key in places.items():
        assert of_type(kind)
        for name, each in of_type(kind).items():
            if name == "UndeliveredQueue":  # tests/aws_rules/test_template.py
                continue
            assert key(each["Properties"])["Fn::If"][:2] == ["HasEncryptionKey", KEY], name


def test_tables_recover_to_any_second_and_refuse_to_be_deleted() -> None:
    for name, table in of_type("AWS::DynamoDB::Table").items():
        properties = table["Properties"]
        assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert properties["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}, name
    assert template()["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_what_holds_data_outlives_the_stack() -> None:
    for kind in ("AWS::S3::Bucket", "AWS::DynamoDB::Table"):
        for name, each in of_type(kind).items():
            assert each["DeletionPolicy"].startswith("Retain"), name
            assert each["UpdateReplacePolicy"] == "Retain", name


def test_every_log_ends() -> None:
    for name, group in of_type("AWS::Logs::LogGroup").items():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
    for name, function in of_type("AWS::Lambda::Function").items():
        assert "LogGroup" in function["Properties"]["LoggingConfig"], name


def test_every_function_traces_as_the_parameter_says() -> None:
    for name, function in of_type("AWS::Lambda::Function").items():
        assert function["Properties"]["TracingConfig"] == {"Mode": {"Ref": "TracingMode"}}, name


def test_a_finding_without_a_reason_and_a_reason_without_a_finding_are_both_wrong() -> None:
    found = [Finding("A", "x", "is wrong"), Finding("B", "y", "is excepted")]
    assert verdict(found, {"B": "because"}) == ["A x: is wrong"]
    assert "C is excepted" in verdict(found, {"A": "because", "B": "because", "C": "because"})[0]


def test_the_audit_sees_old_versions_and_missing_hashes() -> None:
    lock = "urllib3==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n    # via x\nrequests[socks]==2.40.0\n"
    assert [each.name for each in packages(lock)] == ["urllib3", "requests"]
    assert wrong(lock, {"URLLIB3": {"version": "2.0", "because": "CVE-1"}}) == [
        "urllib3 1.0 has CVE-1; 2.0 has not",
        "requests 2.40.0 has no hash",
    ]
    with pytest.raises(ValueError, match="not pinned"):
        list(packages("urllib3>=2\n"))
