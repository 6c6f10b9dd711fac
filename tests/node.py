"""Node with a folder's packages, for the tests that need it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.checkout import ROOT
from tools.node import Node, Unavailable, installed

#: The npm package of clients/, whose lock also has the compiler.
TYPESCRIPT = ROOT / "clients" / "typescript"


def node_with(folder: Path) -> Node:
    """Skips the test if there is no Node, or if npm cannot install what the folder's lock has."""
    try:
        return installed(folder)
    except Unavailable as reason:
        pytest.skip(str(reason))
