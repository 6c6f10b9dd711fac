"""Two local AWS in one checkout share the build, and nothing that is running."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagebus_local import Places
from imagebus_local.places import SECOND


def test_a_second_local_aws_shares_the_build_and_the_lock_only(monkeypatch: pytest.MonkeyPatch) -> None:
    places = Places(Path("/checkout"))
    names = ("build", "lock", "run", "state", "process", "log")
    monkeypatch.delenv(SECOND, raising=False)
    first = {name: getattr(places, name) for name in names}
    monkeypatch.setenv(SECOND, "second")
    second = {name: getattr(places, name) for name in names}
    assert {name for name in names if first[name] == second[name]} == {"build", "lock"}
