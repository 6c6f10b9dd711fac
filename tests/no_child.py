"""Decoding without a child, for tests that make thousands of honest pictures.

A fork copies the tables of a test worker's memory, which takes longer than to decode a small picture.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from imagebus_imaging import Limits, Rejected, sandbox


@pytest.fixture
def no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work for the child is done here, and its answer passes through JSON all the same."""

    def run_here(
        work: Callable[[], Mapping[str, Any]], limits: Limits, meanwhile: Callable[[], None] = lambda: None
    ) -> sandbox.Child:
        meanwhile()
        answer: dict[str, Any]
        try:
            answer = {"result": work()}
        except Rejected as refusal:
            answer = {"rejected": [refusal.code, refusal.detail, refusal.limit, refusal.actual]}
        except Exception as error:  # noqa: BLE001  as in the child
            answer = {"fault": f"{type(error).__name__}: {error}"[:500]}
        return sandbox.Child(json.loads(json.dumps(answer)), 0, 0.0, 0.0, timed_out=False)

    monkeypatch.setattr(sandbox, "run_child", run_here)
