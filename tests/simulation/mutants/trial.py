"""One mutant on trial, in a process of its own: the module is made of its tree, no file is touched."""

from __future__ import annotations

import ast
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

QUICK = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly", "--no-header"]
#: What is imported again if the mutated module was imported already.
PROJECT = frozenset({"imagebus", "imagebus_imaging"})
#: Exit codes of the process.
SURVIVED, BY_TESTS, BY_SIMULATION, BROKEN = 10, 11, 12, 13
VERDICTS = {SURVIVED: "survived", BY_TESTS: "tests", BY_SIMULATION: "simulation", BROKEN: "does not load"}
#: Seconds until a mutant counts as caught because it does not end.
LIMIT = 90


def trial(module: str, tree: ast.Module, tests: Sequence[str], seeds: int, mode: str | None = None) -> str:
    """Who noticed the mutant: tests, simulation, time limit; or `survived`."""
    child = os.fork()
    if child == 0:
        _run(module, tree, tests, seeds, mode)
    end = time.monotonic() + LIMIT
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return VERDICTS.get(os.waitstatus_to_exitcode(status), "crashed")
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "time limit"
        time.sleep(0.02)


def _run(module: str, tree: ast.Module, tests: Sequence[str], seeds: int, mode: str | None) -> None:
    """Never returns."""
    code = BROKEN
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        if module in sys.modules:
            for name in [name for name in sys.modules if name.split(".")[0] in PROJECT]:
                del sys.modules[name]
        sys.meta_path.insert(0, _Finder(module, tree))
        code = _judge(tests, seeds, mode)
    finally:
        os._exit(code)


def _judge(tests: Sequence[str], seeds: int, mode: str | None) -> int:
    import pytest

    for test in tests:
        if pytest.main([*QUICK, test]) != pytest.ExitCode.OK:
            return BY_TESTS
    logging.disable(logging.CRITICAL)
    from tests.simulation.run import run_seed

    for seed in range(seeds):
        if run_seed(seed, mode).violations:
            return BY_SIMULATION
    return SURVIVED


class _Finder(MetaPathFinder):
    def __init__(self, module: str, tree: ast.Module) -> None:
        self._module = module
        self._tree = tree

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            raise LookupError(fullname)
        spec.loader = _Loader(fullname, spec.origin, self._tree)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, tree: ast.Module) -> None:
        super().__init__(fullname, path)
        self._tree = tree

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._tree, self.path, "exec")


def preload(mutated: Sequence[str]) -> None:
    """Import what takes long and never changes, so that every trial starts with it."""
    with contextlib.suppress(ImportError):
        import moto  # noqa: F401
    import aws_lambda_powertools.metrics  # noqa: F401
    import boto3  # noqa: F401
    import pytest

    import imagebus_imaging  # noqa: F401

    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        pytest.main([*QUICK, "--collect-only", "tests/unit/test_wording.py"])  # loads the plugins
    loaded = sorted(set(mutated) & sys.modules.keys())
    if loaded:
        raise RuntimeError(f"already imported, so it could not be mutated: {', '.join(loaded)}")
