"""What a function writes while the machine is busy is in the log of its own invocation."""

from __future__ import annotations

import io
import os
import queue
import threading
import time
import zipfile
from types import SimpleNamespace
from typing import Any

import pytest
from ministack.core import lambda_runtime

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


def test_a_function_that_fails_says_why_and_its_lines_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """With MiniStack's own worker, which is stopped before its lines are read."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(
            "code.py",
            "import sys\ndef handle(event, context):\n"
            "    print('wrong', file=sys.stderr)\n    raise ValueError('no')\n",
        )
    monkeypatch.setattr(lambda_runtime.Worker, "_drain_stderr_bounded", None)  # put back after the test
    ministack.keep_late_lines(lambda_runtime)
    arn = "arn:aws:lambda:us-east-1:123456789012:function:failing"
    config = {"Runtime": "python3.11", "Handler": "code.handle", "FunctionArn": arn}
    failing = lambda_runtime.Worker("failing", config, code.getvalue())
    try:
        answer = failing.invoke({}, "request")
    finally:
        failing.kill()
    assert (answer["status"], answer["error"]) == ("error", "no")
    assert "wrong" in answer["log"]
