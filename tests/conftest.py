"""What holds for every kind of test."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader

# No test may reach a real account by accident: these are in place before any client is built.
os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
    POWERTOOLS_TRACE_DISABLED="true",
    POWERTOOLS_METRICS_NAMESPACE="imagebus",
    POWERTOOLS_SERVICE_NAME="test",
)
for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
    os.environ.pop(name, None)


def _parse_models_once() -> None:
    """Every boto3 session parses its services' models again, which was a third of the time of tests with moto."""
    load_file = JSONFileLoader.load_file
    parsed = cache(lambda path: load_file(JSONFileLoader(), path))

    def load_once(self: JSONFileLoader, path: str) -> Any:
        return parsed(path) if type(self) is JSONFileLoader and "/botocore/" in path else load_file(self, path)

    JSONFileLoader.load_file = load_once


_parse_models_once()




@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """End-to-end tests share one stack and so one worker. They start first, and the slow ones next."""
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.xdist_group("stack"))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("e2e"):
        return 0
    return 1 if item.get_closest_marker("slow") else 2
