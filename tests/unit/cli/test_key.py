"""A key of one's own: created with its stack, or checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imagebus_cli.problem import Problem
from imagebus_cli.stack import key
from tests.unit.cli.stubbed import ACCOUNT, Account
from tests.unit.cli.test_preflight import KEY, bad, check, notes, python

__all__ = ["python"]

ROOT = Path(__file__).parents[3]
GOOD = {"Arn": KEY, "KeyId": "1", "KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT"}


def policy(**services: list[str]) -> dict[str, Any]:
    statements = [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": actions, "Resource": "*"}
        for service, actions in services.items()
    ]
    return {"Policy": json.dumps({"Statement": statements})}


def account(**changes: str) -> Account:
    made = Account()
    made.answers["kms.DescribeKey"] = {"KeyMetadata": {**GOOD, **changes}}
    made.answers["kms.GetKeyPolicy"] = policy(**key.needed(ROOT, "eu-west-1"))
    return made


def test_a_key_with_the_policy_of_the_template_is_fine() -> None:
    assert bad(check(account(), EncryptionKeyArn=KEY, EnableCdn="true")) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"KeyState": "PendingDeletion"}, "the key is PendingDeletion"),
        ({"KeySpec": "RSA_2048"}, "only a symmetric key"),
        ({"KeyUsage": "SIGN_VERIFY"}, "only a symmetric key"),
        ({"KeyManager": "AWS"}, "whose policy cannot be changed"),
    ],
)
def test_a_key_that_cannot_encrypt_data_at_rest_is_refused(changes: dict[str, str], told: str) -> None:
    ((what, message, _),) = bad(check(account(**changes), EncryptionKeyArn=KEY))
    assert (what, told in message) == ("key", True)


def test_a_key_of_another_region_is_refused_before_it_is_read() -> None:
    made = account()
    ((_, message, _),) = bad(check(made, EncryptionKeyArn=KEY.replace("eu-west-1", "us-east-1")))
    assert "in another region" in message
    assert "kms.DescribeKey" not in made.calls


def test_a_policy_without_a_service_names_it() -> None:
    made = account()
    services = key.needed(ROOT, "eu-west-1")
    del services["logs.eu-west-1.amazonaws.com"], services["cloudfront.amazonaws.com"]
    services["events.amazonaws.com"] = ["kms:Decrypt", "kms:Describe*"]
    made.answers["kms.GetKeyPolicy"] = policy(**services)
    found = bad(check(made, EncryptionKeyArn=KEY))
    first, second = (message for _, message, _ in found)
    assert first == "its policy does not let events.amazonaws.com call kms:GenerateDataKey, kms:ReEncrypt*"
    assert second.startswith(
        "its policy does not let logs.eu-west-1.amazonaws.com call kms:Encrypt*, kms:Decr"
    )
    assert len(bad(check(made, EncryptionKeyArn=KEY, EnableCdn="true"))) == 3


def test_a_refusal_in_the_policy_is_no_permission() -> None:
    made = account()
    refused = json.loads(str(policy(**key.needed(ROOT, "eu-west-1"))["Policy"]))
    for statement in refused["Statement"]:
        statement["Effect"] = "Deny"
    made.answers["kms.GetKeyPolicy"] = {"Policy": json.dumps(refused)}
    assert len(bad(check(made, EncryptionKeyArn=KEY))) == 3


def test_a_policy_that_may_not_be_read_is_a_note() -> None:
    made = account()
    made.answers["kms.GetKeyPolicy"] = "AccessDeniedException: no"
    report = check(made, EncryptionKeyArn=KEY)
    assert (bad(report), "key" in notes(report)) == ([], True)


def test_a_key_is_created_once() -> None:
    made = Account()
    stack: dict[str, Any] = {}

    def create(params: Any) -> dict[str, Any]:
        outputs = [{"OutputKey": "KeyArn", "OutputValue": KEY}]
        stack.update(StackName="imagebus-key", StackStatus="CREATE_COMPLETE", Outputs=outputs)
        return {"StackId": "1"}

    missing = made.answers["cloudformation.DescribeStacks"]
    made.answers["cloudformation.DescribeStacks"] = lambda _: {"Stacks": [stack]} if stack else missing  # type: ignore[dict-item,return-value]
    made.answers["cloudformation.CreateStack"] = create
    for _ in range(2):
        assert key.create(made.session, "imagebus", ROOT, print) == KEY
    assert made.calls.count("cloudformation.CreateStack") == 1


def test_a_key_that_was_not_created_is_a_problem() -> None:
    made = Account()
    made.answers["cloudformation.CreateStack"] = {"StackId": "1"}
    with pytest.raises(Problem, match="imagebus-key is gone and has no key"):
        key.create(made.session, "imagebus", ROOT, print)


def test_a_new_key_beside_one_of_the_stack_is_refused() -> None:
    assert notes(check(Account(), new_key=True))["key"].startswith("the stack imagebus-key")
    assert (
        len(bad(check(account(), EncryptionKeyArn=f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/2", new_key=True)))
        == 1
    )
