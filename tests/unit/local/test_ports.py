"""Ports: whether they are free, who uses them, and the advice."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator

import pytest

from imagebus_local import LocalError, ports


@pytest.fixture
def busy() -> Iterator[int]:
    """Below the ports that the system gives to connections, which might take the next one meanwhile."""
    port = ports.suggest(20_000 + os.getpid() * 97 % 10_000)
    with socket.create_server((ports.HOST, port)):
        yield port


def test_a_port_that_nobody_listens_on_is_free(busy: int) -> None:
    free = ports.suggest(busy)
    assert ports.is_free(free)
    ports.require_free(free)


def test_a_busy_port_is_refused_with_another_one_as_advice(busy: int) -> None:
    with pytest.raises(LocalError) as caught:
        ports.require_free(busy)
    assert caught.value.code == "port_busy"
    assert f"another port, such as {ports.suggest(busy)} (--port, or PORT= of make)" in caught.value.advice


@pytest.mark.skipif(sys.platform != "linux", reason="only /proc tells whose a port is")
def test_the_owner_of_a_busy_port_is_named(busy: int) -> None:
    assert f"pid {os.getpid()} " in str(ports.owner(busy))


@pytest.mark.parametrize("port", [0, 80, 70000, -1])
def test_a_port_that_cannot_be_used_is_refused_at_once(port: int) -> None:
    with pytest.raises(LocalError) as caught:
        ports.require_free(port)
    assert caught.value.code == "port_invalid"


def test_a_port_that_is_free_has_no_owner(busy: int) -> None:
    assert ports.owner(ports.suggest(busy)) is None
