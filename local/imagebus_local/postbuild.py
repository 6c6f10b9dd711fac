"""Shortens the cold start of built code: no unused files, trimmed clients, byte code."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from imagebus_local import botocore_data

_UNREAD = frozenset({".pyi", ".pyx", ".pxd", ".c", ".h"})


def finish(folder: Path, interpreter: str | None) -> None:
    """Finishes built code. Without an interpreter of its runtime, it gets no byte code."""
    prune(folder)
    for library in folder.rglob("imagebus/aws.py"):
        botocore_data.write(library.with_name("botocore_data"))
    if interpreter:
        compile_all(folder, interpreter)


def prune(folder: Path) -> None:
    """Removes what no function reads (tests, stubs, tool caches): each cold start unpacks its layers."""
    for path in list(folder.rglob("*")):
        if path.is_dir() and (path.name.startswith(".") or _is_test_package(path)):
            shutil.rmtree(path)
        elif path.is_file() and path.suffix in _UNREAD:
            path.unlink()


def _is_test_package(path: Path) -> bool:
    ours = path.match("imagebus/testing")
    return (ours or path.name in {"tests", "test"}) and (path / "__init__.py").exists()


def compile_all(folder: Path, interpreter: str = sys.executable) -> None:
    """Adds the interpreter's byte code, valid whatever the files' times. Lambda could not write its own.

    A file that does not compile, such as a code template, is skipped: importing it would report the error.
    """
    unchecked = ["--invalidation-mode", "unchecked-hash"]
    command = [interpreter, "-m", "compileall", "-q", "-q", *unchecked, "-s", str(folder), str(folder)]
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True)
