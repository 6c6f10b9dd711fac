"""Node with the packages of clients/typescript."""

from __future__ import annotations

import pytest

from tests.node import TYPESCRIPT, node_with
from tools.node import Node


@pytest.fixture(scope="session")
def node() -> Node:
    return node_with(TYPESCRIPT)
