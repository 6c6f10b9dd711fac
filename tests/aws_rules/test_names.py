"""Services limit the length and the characters of names, each in its own way.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateArchive.html (48 characters)
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html (64 characters)
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html (not aws…, ssm…)
"""

from __future__ import annotations

from pathlib import Path

import pytest

from imagebus_cli.stack import names

ROOT = Path(__file__).parents[2]
LONGEST = 41


def test_the_archive_has_the_tightest_name() -> None:
    assert names.longest_stack_name("us-gov-east-1", ROOT) == LONGEST
    assert f"at most {LONGEST} characters" in (ROOT / "docs/limits.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-4", "us-gov-east-1"])
def test_the_longest_name_is_accepted_and_the_next_one_is_not(region: str) -> None:
    assert names.problems("s" * LONGEST, region, ROOT) == []
    (sentence,) = names.problems("s" * (LONGEST + 1), region, ROOT)
    assert sentence.startswith("Archive would be named sss")
    assert sentence.endswith("-events, which has 49 characters; at most 48 are allowed.")


def test_every_kind_of_name_is_checked() -> None:
    found = " ".join(names.problems("s" * 120, "us-east-1", ROOT))
    for resource in (
        "Archive",
        "ThumbnailerRule",
        "ThumbnailerInbox",
        "ThumbnailerDeadLetters",
        "CdnAccess",
        "SchemasRegistry",
    ):
        assert f"{resource} would be named" in found


@pytest.mark.parametrize("stack", ["", "1st", "a_b", "a.b", "s" * 129])
def test_a_name_that_cloudformation_refuses_is_the_only_problem(stack: str) -> None:
    (sentence,) = names.problems(stack, "us-east-1", ROOT)
    assert sentence.startswith("The stack would be named")


def test_every_type_that_spells_out_a_name_has_a_limit() -> None:
    """API Gateway limits neither of its two names."""
    kinds = {name.kind for name in names.names("imagebus", "us-east-1", ROOT)}
    assert kinds - names.limits().keys() <= {"AWS::Serverless::Api"}


@pytest.mark.parametrize("stack", ["aws", "AWS-images", "awsome", "ssm", "Ssm-images"])
def test_no_stack_begins_like_the_parameters_of_aws(stack: str) -> None:
    (sentence,) = names.problems(stack, "us-east-1", ROOT)
    assert f"would be named /{stack}/core-layer, but names that begin with aws or ssm are" in sentence


@pytest.mark.parametrize("stack", ["my-aws", "aw", "images-ssm"])
def test_these_letters_are_fine_elsewhere_in_a_name(stack: str) -> None:
    assert names.problems(stack, "us-east-1", ROOT) == []
