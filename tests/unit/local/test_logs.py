"""What a function writes while the machine is busy is in the log of its own invocation."""

from __future__ import annotations

import os
import queue
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from imagebus_local import ministack


class Worker:
    """As MiniStack's: a thread reads the pipe, here a slow one, and puts each line into a queue."""

    _drain_stderr_bounded: Any

    def __init__(self) -> None:
        reading, self.writing = os.pipe()
        self._proc = SimpleNamespace(stderr=os.fdopen(reading, "rb", buffering=0))
        self._stderr_queue: queue.Queue[str] = queue.Queue()

    def read_slowly(self, count: int) -> None:
        for _ in range(count):
            time.sleep(0.02)
            self._stderr_queue.put(self._proc.stderr.read(2).decode().strip())

    def close(self) -> None:
        os.close(self.writing)
        self._proc.stderr.close()


@pytest.fixture
def worker() -> Any:
    class Ours(Worker):
        pass

    ministack.keep_late_lines(SimpleNamespace(Worker=Ours))
    ours = Ours()
    yield ours
    ours.close()


def test_every_line_that_is_written_before_the_answer_is_in_its_log(worker: Worker) -> None:
    os.write(worker.writing, b"a\nb\nc\n")
    reader = threading.Thread(target=worker.read_slowly, args=(3,))
    reader.start()
    try:
        assert worker._drain_stderr_bounded() == "a\nb\nc"
    finally:
        reader.join()


def test_a_function_that_writes_nothing_has_an_empty_log(worker: Worker) -> None:
    assert worker._drain_stderr_bounded() == ""
