"""What the command says that it erased."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from imagebus_cli.images.erase import Erased, erase
from imagebus_cli.stack.deployed import Stack


def stack_with(*, known: str) -> Stack:
    """No versions and nothing derived; the pipeline logs the erasure's own delete marker at once."""
    nothing = SimpleNamespace(paginate=lambda **_: iter([{}]))
    s3 = SimpleNamespace(delete_object=lambda **_: {"VersionId": "marker"}, get_paginator=lambda _: nothing)
    revisions = iter([known, "FF"])
    store = SimpleNamespace(newest_revision=lambda _: next(revisions), erase=lambda *_: 1)
    erasures = SimpleNamespace(extend=lambda *_, **__: None)
    found: Any = SimpleNamespace(uploads="uploads", images="images", s3=s3, store=store, erasures=erasures)
    return cast(Stack, found)


@pytest.mark.parametrize(("known", "items"), [("", 0), ("0A", 1)])
def test_the_log_of_its_own_delete_marker_is_nothing_that_was_erased(known: str, items: int) -> None:
    assert erase(stack_with(known=known), "a.jpg") == Erased(items=items)
