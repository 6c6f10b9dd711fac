"""What a function writes while the machine is busy is in the log of its own invocation."""

from __future__ import annotations

import os
import threading
import time
from types import SimpleNamespace
from typing import Any

from imagebus_local import ministack


class Worker:
    """As MiniStack's: a thread reads the pipe, here a slow one, and the drain gives up early."""

    def __init__(self) -> None:
        reading, self.writing = os.pipe()
        self._proc = SimpleNamespace(stderr=os.fdopen(reading, "rb", buffering=0))
        self.lines: list[str] = []

    def read_slowly(self, count: int) -> None:
        for _ in range(count):
            time.sleep(0.02)
            self.lines.append(self._proc.stderr.read(2).decode().strip())

    def _drain_stderr_bounded(self, **_: Any) -> str:
        return "".join(self.lines)


def test_every_line_that_is_written_before_the_answer_is_in_its_log() -> None:
    class Ours(Worker):
        pass

    ministack.keep_late_lines(SimpleNamespace(Worker=Ours))
    worker = Ours()
    os.write(worker.writing, b"a\nb\nc\n")
    reader = threading.Thread(target=worker.read_slowly, args=(3,))
    reader.start()
    try:
        text = worker._drain_stderr_bounded()
    finally:
        reader.join()
    assert text.startswith("ab")  # the thread may hold the last line, for which MiniStack itself waits
    os.close(worker.writing)
    worker._proc.stderr.close()
