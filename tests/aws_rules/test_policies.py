"""A condition key with several values needs a set operator.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack.core.iam_evaluator import _evaluate_single_condition

from imagebus_local import ministack, templates
from tools.security.translate import translated

ROOT = Path(__file__).parents[2]
#: Keys of the type ArrayOf… in the Service Authorization Reference, lower-cased, of the services used here.
#: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
#: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
MULTIVALUED = {
    "aws:calledvia",
    "aws:principalservicenameslist",
    "aws:tagkeys",
    "dynamodb:attributes",
    "dynamodb:leadingkeys",
    "events:detail-type",
    "events:source",
    "events:targetarn",
    "kms:encryptioncontextkeys",
}
SETS = ("ForAllValues:", "ForAnyValue:")


def conditions(node: Any) -> Iterator[dict[str, Any]]:
    """The condition of every statement below `node`."""
    if isinstance(node, dict):
        if "Effect" in node:
            yield node.get("Condition", {})
        for child in node.values():
            yield from conditions(child)
    elif isinstance(node, list):
        for child in node:
            yield from conditions(child)


def documents() -> list[Any]:
    others = ("consumer.yml", "monitoring/template.yml", "security/key.yml")
    examples = sorted(ROOT.glob("examples/*/template.yml"))
    paths = [*(ROOT / name for name in others), *examples]
    return [translated(ROOT / "template.yml"), *map(templates.read, paths)]


def wrong(condition: dict[str, Any]) -> list[str]:
    found = []
    for operator, keys in condition.items():
        for key in keys:
            if key.lower() not in MULTIVALUED or operator == "Null":
                continue
            if not operator.startswith(SETS):
                found.append(f"{operator} {key}")
            # "For all values" of none is true.
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition_examples-multi-valued-context-keys.html
            elif operator.startswith("ForAllValues:") and condition.get("Null", {}).get(key) != "false":
                found.append(f"{operator} {key} without Null")
    return found


def test_no_multivalued_key_is_compared_without_a_set_operator() -> None:
    found = [condition for document in documents() for condition in conditions(document)]
    assert sum("ForAllValues:StringEquals" in each for each in found) > 5
    assert [each for condition in found for each in wrong(condition)] == []


def test_the_rule_sees_a_plain_operator_and_a_missing_null() -> None:
    assert wrong({"StringEquals": {"events:source": "a"}}) == ["StringEquals events:source"]
    assert wrong({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}) == [
        "ForAllValues:StringEquals aws:TagKeys without Null"
    ]
    assert wrong({"ArnLike": {"aws:SourceArn": "a"}}) == []


@pytest.mark.parametrize(
    ("sources", "allowed"),
    [
        (["imagebus.ingest"], True),
        (["imagebus.ingest", "imagebus.ingest"], True),
        (["imagebus.ingest", "imagebus.validator"], False),
        (["imagebus.validator"], False),
        ([], False),
    ],
)
def test_the_emulator_compares_every_source_of_a_call(sources: list[str], allowed: bool) -> None:
    body = json.dumps({"Entries": [{"Source": source} for source in sources]}).encode()
    actual = ministack.sources(body)
    condition = {"ForAllValues:StringEquals": ["imagebus.ingest"], "Null": ["false"]}
    assert allowed == all(
        _evaluate_single_condition(operator, actual, wanted) for operator, wanted in condition.items()
    )
