"""Work in a process of its own, so that this one stays as it is."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

Answer = TypeVar("Answer")


def silent() -> None:
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)


def code_of(work: Callable[[], int], seconds: int) -> int | None:
    """The exit code of the work; None if it takes more than so many seconds of the processor."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            silent()
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
            code = work()
        finally:
            os._exit(code)
    # For what waits without computing. Others may need the processor, too.
    end = time.monotonic() + 20 * seconds
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            code = os.waitstatus_to_exitcode(status)
            return None if code in {-signal.SIGXCPU, -signal.SIGKILL} else code
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(0.005)


def answer_of(work: Callable[[], Answer]) -> Answer:
    def once(send: Callable[[Answer], None]) -> None:
        silent()
        send(work())

    (answer,) = answers_of(once)
    return answer


def answers_of(work: Callable[[Callable[[Answer], None]], None]) -> Iterator[Answer]:
    """What the work sends, one by one."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reader)
            with os.fdopen(writer, "wb", buffering=0) as pipe:
                work(lambda answer: pickle.dump(answer, pipe))
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        while True:
            try:
                yield pickle.load(pipe)
            except EOFError:
                break
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("the process failed")
