"""Prunes files that no function reads, and adds byte code for those that it does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

_UNREAD = frozenset({".pyi", ".pyx", ".pxd", ".c", ".h"})


def prune(folder: Path) -> None:
    """Removes what no function reads (tests, stubs, tool caches): each cold start unpacks its layers."""
    for path in list(folder.rglob("*")):
        if path.is_dir() and (path.name.startswith(".") or _is_test_package(path)):
            shutil.rmtree(path)
        elif path.is_file() and path.suffix in _UNREAD:
            path.unlink()


def _is_test_package(path: Path) -> bool:
    return path.name in {"tests", "test"} and (path / "__init__.py").exists()


def compile_all(folder: Path, interpreter: str = sys.executable) -> None:
    """Adds the interpreter's byte code, valid whatever the files' times. Lambda could not write its own.

    A file that does not compile, such as a code template, is skipped: importing it would report the error.
    """
    unchecked = ["--invalidation-mode", "unchecked-hash"]
    command = [interpreter, "-m", "compileall", "-q", "-q", *unchecked, "-s", str(folder), str(folder)]
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True)
