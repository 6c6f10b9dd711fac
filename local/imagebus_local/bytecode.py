"""What ships with code: no file that no function reads, and byte code for every one that it does."""

from __future__ import annotations

import compileall
import py_compile
import shutil
from pathlib import Path

_UNREAD = frozenset({".pyi", ".pyx", ".pxd", ".c", ".h"})


def prune(folder: Path) -> None:
    """Removes what no function reads (tests, stubs, tools' caches): each cold start unpacks its layers."""
    for path in list(folder.rglob("*")):
        if path.is_dir() and (path.name.startswith(".") or _is_test_package(path)):
            shutil.rmtree(path)
        elif path.is_file() and path.suffix in _UNREAD:
            path.unlink()


def _is_test_package(path: Path) -> bool:
    return path.name in {"tests", "test"} and (path / "__init__.py").exists()


def compile_all(folder: Path) -> None:
    """Adds byte code that holds whatever the files' times: Lambda could not keep its own."""
    compileall.compile_dir(
        folder,
        quiet=2,
        force=False,
        stripdir=str(folder),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
