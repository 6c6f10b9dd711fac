"""An account's concurrency limit, divided among the consumers."""

from __future__ import annotations

from typing import Any

import pytest

from imagebus_local import concurrency


def template(*limits: int) -> dict[str, Any]:
    def event(limit: int) -> dict[str, Any]:
        return {"Type": "SQS", "Properties": {"ScalingConfig": {"MaximumConcurrency": limit}}}

    functions: dict[str, Any] = {
        f"F{number}": {"Type": "AWS::Serverless::Function", "Properties": {"Events": {"Inbox": event(limit)}}}
        for number, limit in enumerate(limits)
    }
    schedule = {"Type": "Schedule", "Properties": {"Schedule": "rate(1 minute)"}}
    functions["Sweeper"] = {
        "Type": "AWS::Serverless::Function",
        "Properties": {"Events": {"Often": schedule}},
    }
    functions["Api"] = {"Type": "AWS::Serverless::Function", "Properties": {}}
    return {"Resources": functions}


def shared_out(original: dict[str, Any], limit: int | None) -> dict[str, Any]:
    return concurrency.limited(original, concurrency.share(original, limit))


def limits(shared: dict[str, Any]) -> list[int]:
    events = [(each["Properties"].get("Events") or {}).get("Inbox") for each in shared["Resources"].values()]
    return [each["Properties"]["ScalingConfig"]["MaximumConcurrency"] for each in events if each]


def test_without_a_limit_the_template_stays_as_it_is() -> None:
    original = template(10, 10)
    assert shared_out(original, None) is original


def test_the_consumers_limits_add_up_to_no_more_than_the_accounts() -> None:
    assert limits(shared_out(template(10, 10, 2), 10)) == [3, 3, 2]


def test_every_consumer_may_run_at_least_once() -> None:
    assert limits(shared_out(template(10, 10, 10), 2)) == [1, 1, 1]


def test_sharing_out_changes_a_copy() -> None:
    original = template(10)
    shared_out(original, 3)
    assert limits(original) == [10]


def test_a_mapping_in_a_nested_template_has_no_more_than_a_consumers_share() -> None:
    mapping = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {"ScalingConfig": {"MaximumConcurrency": 2}},
    }
    nested = {"Resources": {"Mapping": mapping, "Queue": {"Type": "AWS::SQS::Queue"}}}
    limited = concurrency.limited(nested, 1)["Resources"]
    assert limited["Mapping"]["Properties"]["ScalingConfig"]["MaximumConcurrency"] == 1
    assert limited["Queue"] == nested["Resources"]["Queue"]


@pytest.mark.parametrize(("text", "limit"), [("10", 10), ("0", None), ("", None), (" 7 ", 7), ("many", None)])
def test_the_users_limit_is_a_positive_number_or_none(
    monkeypatch: pytest.MonkeyPatch, text: str, limit: int | None
) -> None:
    monkeypatch.setenv(concurrency.VARIABLE, text)
    assert concurrency.account_limit() == limit
