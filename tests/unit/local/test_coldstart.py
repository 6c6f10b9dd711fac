"""Workers share what MiniStack unpacks for them, and a burst of invocations waits for a few workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any

import pytest
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from imagebus_local.coldstart import LACKING, import_botocore_alone, queue_invocations, share_archives


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    replaced = SimpleNamespace(zipfile=zipfile)
    share_archives(replaced)
    return replaced


def archive(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w") as written:
        for name, text in files.items():
            written.writestr(name, text)
    return path


def unpack(runtime: SimpleNamespace, data: bytes, worker: Path) -> Path:
    """As MiniStack's Lambda runtime does for a new worker."""
    target = worker / "code"
    target.mkdir(parents=True)
    (worker / "code.zip").write_bytes(data)
    with runtime.zipfile.ZipFile(worker / "code.zip") as opened:
        opened.extractall(target)
    return target


def test_the_second_worker_gets_the_files_of_the_first_and_another_archive_its_own(
    runtime: SimpleNamespace, tmp_path: Path
) -> None:
    layer = archive(tmp_path / "layer.zip", module="1").read_bytes()
    newer = archive(tmp_path / "newer.zip", module="2").read_bytes()
    first, second = unpack(runtime, layer, tmp_path / "first"), unpack(runtime, layer, tmp_path / "second")
    other = unpack(runtime, newer, tmp_path / "other")
    assert (first / "module").read_text() == (second / "module").read_text() == "1"
    assert (first / "module").samefile(second / "module")
    assert (other / "module").read_text() == "2"


def test_a_worker_has_no_copy_of_what_it_shares(runtime: SimpleNamespace, tmp_path: Path) -> None:
    unpack(runtime, archive(tmp_path / "layer.zip", module="1" * 10_000).read_bytes(), tmp_path / "worker")
    own = [path for path in (tmp_path / "worker").rglob("*") if not path.is_symlink()]
    assert own == []


def test_an_archive_cannot_write_outside_its_folder(runtime: SimpleNamespace, tmp_path: Path) -> None:
    data = archive(tmp_path / "evil.zip", **{"../../../evil": "x", "module": "1"}).read_bytes()
    target = unpack(runtime, data, tmp_path / "worker")
    inside = {path.relative_to(target.resolve()).as_posix() for path in target.resolve().rglob("*")}
    assert inside == {"evil", "module"}


def test_the_rest_of_the_module_is_still_there(runtime: SimpleNamespace) -> None:
    assert runtime.zipfile.BadZipFile is zipfile.BadZipFile


def test_ministack_calls_what_is_replaced() -> None:
    """Another version might unpack with other calls, and every worker would have its own copy again."""
    text = Path(lambda_runtime.__file__).read_text(encoding="utf-8")
    used = {line.split("zf.")[1].split("(")[0] for line in text.splitlines() if "zf." in line}
    assert used == {"extractall", "namelist"}
    assert callable(lambda_svc._execute_function_warm)


def test_botocore_is_imported_alone_and_a_function_may_still_import_what_it_brings(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(script(), encoding="utf-8")
    (tmp_path / "code.py").write_text(
        "import sys\nfrom botocore import compat, handlers\n"
        f"seen = [name in sys.modules for name in {LACKING}]\n"
        "import awscrt\nhandle = lambda event, context: [seen, compat.HAS_CRT, awscrt.__name__]\n",
        encoding="utf-8",
    )
    begin = {"code_dir": str(tmp_path), "module": "code", "handler": "handle"}
    sent = "".join(f"{json.dumps(each)}\n" for each in (begin, {"event": {}}))
    done = subprocess.run(
        [sys.executable, str(tmp_path / "worker.py")], input=sent, capture_output=True, text=True, check=True
    )
    ready, answer = map(json.loads, done.stdout.splitlines())
    assert ready["status"] == "ready", ready
    assert answer == {"status": "ok", "result": [[False, False], False, "awscrt"]}


def script() -> str:
    runtime = SimpleNamespace(_PYTHON_WORKER_SCRIPT=lambda_runtime._PYTHON_WORKER_SCRIPT)
    import_botocore_alone(runtime)
    return str(runtime._PYTHON_WORKER_SCRIPT)


class Functions:
    """A function that counts how many of it run."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self._lock = Lock()

    def execute(self, func: Any, event: Any, request_id: str) -> str:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            return event() if event else request_id
        finally:
            with self._lock:
                self.running -= 1


def test_a_burst_runs_a_few_at_once_and_answers_everyone() -> None:
    functions = Functions()
    service = SimpleNamespace(_execute_function_warm=functions.execute)
    queue_invocations(service, places=3)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda each: service._execute_function_warm({}, None, str(each)), range(50)))
    assert answers == [str(each) for each in range(50)]
    assert functions.most <= 3


def test_a_function_that_fails_gives_its_place_back() -> None:
    service = SimpleNamespace(_execute_function_warm=Functions().execute)
    queue_invocations(service, places=1, patience=600)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            service._execute_function_warm({}, lambda: 1 / 0, "")


def test_a_function_that_calls_another_one_does_not_wait_for_its_own_place() -> None:
    service = SimpleNamespace(_execute_function_warm=Functions().execute)
    queue_invocations(service, places=1, patience=0.05)

    def nested() -> Any:
        return service._execute_function_warm({}, None, "inner")

    assert service._execute_function_warm({}, nested, "outer") == "inner"
    assert service._execute_function_warm({}, None, "after") == "after"


def test_every_machine_has_some_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    service = SimpleNamespace(_execute_function_warm=Functions().execute)
    queue_invocations(service)
    assert service._execute_function_warm({}, None, "answer") == "answer"
