"""Cheap cold starts: one unpacked copy of each archive for all workers, and few workers at once."""

from __future__ import annotations

import os
import zipfile
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from threading import BoundedSemaphore, Lock
from types import SimpleNamespace
from typing import Any

#: So many functions run at once, whatever the machine. More would only take the processors from each other.
LEAST = 4
#: A function that waits so long for a place gets one: the functions that run may be waiting for it.
PATIENCE_SECONDS = 60.0

#: Packages of this environment that Lambda's runtimes lack. botocore imports them wherever it finds them.
LACKING = ("awscrt", "urllib3.contrib.pyopenssl")


def import_botocore_alone(runtime: Any) -> None:
    """Import botocore as a runtime of Lambda does, which spares a quarter of a cold start.

    What is LACKING is only hidden meanwhile: a function that brings it can import it.
    """
    plain = "        import botocore.handlers\n"
    alone = f"        import sys\n        sys.modules.update(dict.fromkeys({LACKING}))\n{plain}"
    alone += f"        any(sys.modules.pop(name) for name in {LACKING})\n"
    runtime._PYTHON_WORKER_SCRIPT = runtime._PYTHON_WORKER_SCRIPT.replace(plain, alone, 1)


def share_archives(runtime: Any) -> None:
    """Unpack an archive for its first worker only and give the others a link to it: they all only read it.

    MiniStack would write, check and unpack up to 30 MB of archives (100 MB of files) for every worker.
    """
    shared, unpacking = Path(mkdtemp(prefix="unpacked-")), Lock()

    class SharedZipFile:
        """What MiniStack uses of a ZipFile, for an archive in the folder of one worker."""

        def __init__(self, path: str | Path) -> None:
            self._path = Path(path)

        def __enter__(self) -> SharedZipFile:
            return self

        def __exit__(self, *_unused: object) -> None:
            self._path.unlink()

        def namelist(self) -> list[str]:
            """MiniStack checks these names. ZipFile itself unpacks nothing outside the folder."""
            return []

        def extractall(self, path: str | Path) -> None:
            folder = shared / sha256(self._path.read_bytes()).hexdigest()
            with unpacking:
                if not folder.exists():
                    draft = Path(mkdtemp(dir=shared))
                    with zipfile.ZipFile(self._path) as archive:
                        archive.extractall(draft)
                    draft.rename(folder)
            Path(path).rmdir()
            Path(path).symlink_to(folder)

    runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": SharedZipFile})


def queue_invocations(service: Any, places: int | None = None, patience: float = PATIENCE_SECONDS) -> None:
    """Run that many functions at once (default: two per processor, at least LEAST); the others wait.

    MiniStack starts a worker for every invocation that finds none idle: 50 requests at once, 50 cold starts.
    An invocation that had to wait usually finds an idle worker.
    """
    execute = service._execute_function_warm
    free = BoundedSemaphore(places or max(LEAST, 2 * (os.cpu_count() or 1)))

    def execute_function_warm(func: Any, event: Any, request_id: str) -> Any:
        waited = free.acquire(timeout=patience)
        try:
            return execute(func, event, request_id)
        finally:
            if waited:
                free.release()

    service._execute_function_warm = execute_function_warm
