"""The embedded AWS for the duration of one command."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import imagebus_local
from imagebus_cli.output import terminal
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.stack.parameters import required
from imagebus_local import LocalState, ports, templates

DEFAULT_PORT = 4566


@dataclass(frozen=True)
class LocalStack:
    stack: Stack
    #: False if it was already running: its functions may be warm, and its table is not empty.
    fresh: bool


@contextmanager
def local_stack(port: int | None = None, *, keep: bool = False) -> Iterator[LocalStack]:
    """The running local AWS, or else a new one that is stopped afterwards (unless `keep`).

    Without a port, the next free one is used if 4566 is busy.
    """
    was_up = imagebus_local.status().state == "up"
    with _terminable():
        state = start(port)
        try:
            yield LocalStack(Stack.local(state.endpoint, state.region, state.outputs), fresh=not was_up)
        finally:
            if was_up or keep:
                terminal.console.print(f"The local AWS keeps running at {state.endpoint}.")
            else:
                with terminal.step("local AWS stopped"):
                    imagebus_local.down()


def start(port: int | None = None, parameters: Sequence[str] | None = None) -> LocalState:
    """Starts it, or deploys to the one that runs. After an interrupt it says what is left.

    Raises Problem for a parameter that the template does not have or a value that it does not take.
    """
    declared = templates.read(imagebus_local.Places.find().template)["Parameters"]
    given = None if parameters is None else required(parameters, declared)
    port = port or other_port()
    try:
        with _terminable(), terminal.step("local AWS") as say:
            return imagebus_local.up(port, parameters=given, say=say)
    except KeyboardInterrupt:
        left = imagebus_local.status().state
        terminal.problems.print(f"Interrupted. The local AWS is {left}.", soft_wrap=True)
        raise


def other_port() -> int | None:
    """The next free port if a new local AWS would find 4566 busy; None if it can use 4566, or one runs."""
    if imagebus_local.status().state in {"up", "starting"} or ports.is_free(DEFAULT_PORT):
        return None
    port = ports.suggest(DEFAULT_PORT)
    terminal.console.print(f"Port {DEFAULT_PORT} is busy, using {port}.")
    return port


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM unwinds the command like Ctrl-C, so that nothing is left running."""

    def unwind(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, unwind)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
