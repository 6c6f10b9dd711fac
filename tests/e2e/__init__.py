"""Tests of a whole stack: on the embedded AWS, or the one that IMAGEBUS_E2E_STACK names."""

from __future__ import annotations

import os

VARIABLE = "IMAGEBUS_E2E_STACK"


def elsewhere() -> str | None:
    """The name of the stack, unless the tests are to start one on the embedded AWS."""
    return os.environ.get(VARIABLE) or None
