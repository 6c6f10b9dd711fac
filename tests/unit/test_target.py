"""Which stack the end-to-end tests run against, and what is left out when it is not their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from tests import conftest
from tests.e2e import VARIABLE, elsewhere
from tests.e2e.target import Target

KEY = "v" * 20
ON_AWS = "https://abc123.execute-api.us-east-1.amazonaws.com/v1/"


@dataclass
class Item:
    keywords: set[str]
    embedded: str | None = None
    skipped: list[str] = field(default_factory=list)

    def get_closest_marker(self, name: str) -> Any:
        assert name == "embedded"
        return pytest.mark.embedded(self.embedded).mark if self.embedded else None

    def add_marker(self, marker: Any) -> None:
        self.skipped.append(marker.kwargs["reason"])


def test_on_another_stack_only_the_end_to_end_tests_that_it_allows_run():
    plain, special, unit = Item({"e2e"}), Item({"e2e"}, "it breaks things"), Item({"unit"})
    items: Any = [plain, special, unit]
    conftest._limit(items, "prod")
    assert plain.skipped == []
    assert special.skipped == ["not on the stack prod: it breaks things"]
    assert unit.skipped == [f"{VARIABLE} is set: end-to-end tests only"]


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, "")
    assert elsewhere() is None


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = {"ApiUrl": ON_AWS, "ApiKeyId": "id", "UploadsBucketName": "uploads"}
    listed = [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()]
    stubs: dict[str, Any] = {
        "cloudformation": SimpleNamespace(describe_stacks=lambda **_: {"Stacks": [{"Outputs": listed}]}),
        "apigateway": SimpleNamespace(get_api_key=lambda **_: {"value": KEY}),
    }
    client: Any = boto3.Session.client
    monkeypatch.setattr(
        boto3.Session, "client", lambda self, name, **more: stubs.get(name) or client(self, name, **more)
    )


@pytest.mark.usefixtures("stack")
def test_a_named_stack_is_found_by_its_outputs():
    target = Target.named("prod")
    assert (target.api_url, target.api_key, target.region) == (ON_AWS, KEY, "us-east-1")
    assert target.outputs["UploadsBucketName"] == "uploads"
    assert target.endpoint is None
    assert target.options == ("--stack", "prod")
    assert target.client("s3").meta.endpoint_url == "https://s3.amazonaws.com"
    assert KEY not in repr(target)
