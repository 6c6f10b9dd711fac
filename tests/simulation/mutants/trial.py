"""Mutants on trial. No file is touched.

Those in a function are made in a process that has imported the tests already; the others, which count while
their module is imported, in a process that imports everything again.
"""

from __future__ import annotations

import ast
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from tests.simulation.mutants.forks import answer_of, answers_of, code_of
from tests.simulation.mutants.patch import live
from tests.simulation.mutants.session import Collected, collected
from tests.simulation.mutants.sites import Mutant
from tests.simulation.mutants.targets import modules, own_tests

Make = Callable[[], ast.Module]
Trial = tuple[Mutant, Make]

QUIET = ("-q", "-x", "--tb=no", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist")
#: What is imported again if the mutated module was imported already.
PROJECT = frozenset({"imagebus", "imagebus_imaging"})
#: Exit codes of a process; every other one means that the mutant did not even run.
SURVIVED, NOTICED, IMPORT = 10, 11, 12
#: Seconds of the processor until a mutant counts as noticed because it does not end
LIMIT = 90


def verdict(code: int | None, by: str) -> str:
    names = {SURVIVED: "survived", NOTICED: by, IMPORT: "import", None: "time limit"}
    return names.get(code, "does not load")


def by_tests(
    trials: Sequence[Trial], tests: Sequence[str], paths: Sequence[Path], most: float
) -> Iterator[tuple[str, str]]:
    """The id of each mutant in a function, and who noticed it."""

    def judge(session: Collected) -> Iterator[tuple[str, str]]:
        if session.failing:
            raise RuntimeError(f"without a mutant fail: {', '.join(session.failing)}")
        own = {path: own_tests(path) for path in paths}
        chosen = [
            (mutant, make, session.of(mutant.path, mutant.lines, own[mutant.path], most))
            for mutant, make in trials
        ]
        everything = list(dict.fromkeys(name for _, _, names in chosen for name in names))
        if code_of(lambda: _fails(session, everything, paths[0], None), 10 * LIMIT) != SURVIVED:
            raise RuntimeError("without a mutant a test fails, in another order than its own")
        for mutant, make, names in chosen:
            meet = partial(_fails, session, names, mutant.path, make)
            yield mutant.id, verdict(code_of(meet, 15 + int(5 * session.seconds(names))), "tests")

    def work(send: Callable[[tuple[str, str]], None]) -> None:
        def send_all(session: Collected) -> None:
            for each in judge(session):
                send(each)

        collected(tests, paths, send_all)

    yield from answers_of(work)


def _fails(session: Collected, names: Sequence[str], path: Path, make: Make | None) -> int:
    if make and not session.live.install(str(path), make()):
        return IMPORT
    return NOTICED if names and session.fails(names) else SURVIVED


def by_simulation(trials: Sequence[Trial], paths: Sequence[Path], seeds: int) -> Iterator[tuple[str, str]]:
    def judge(send: Callable[[tuple[str, str]], None]) -> None:
        _quiet()
        from tests.simulation.run import run_seed  # which imports everything

        run_seed(0)
        for module, _, _ in modules():
            import_module(module)
        functions = live([str(path) for path in paths])
        for mutant, make in trials:

            def run(mutant: Mutant = mutant, make: Make = make) -> int:
                return _simulate(seeds, None) if functions.install(str(mutant.path), make()) else IMPORT

            send((mutant.id, verdict(code_of(run, LIMIT + seeds), "simulation")))

    yield from answers_of(judge)


def imported(module: str, tree: ast.Module, tests: Sequence[str], seeds: int, mode: str | None = None) -> str:
    """Who noticed a mutant that is imported like the module itself."""

    def run() -> int:
        if module in sys.modules:
            for name in [name for name in sys.modules if name.split(".")[0] in PROJECT]:
                del sys.modules[name]
        sys.meta_path.insert(0, _Finder(module, tree))
        if tests:
            import pytest

            if pytest.main([*QUIET, *tests]) != pytest.ExitCode.OK:
                return NOTICED
        return _simulate(seeds, mode) if seeds else SURVIVED

    return verdict(code_of(run, LIMIT + seeds), "tests" if tests else "simulation")


def _simulate(seeds: int, mode: str | None) -> int:
    _quiet()
    from tests.simulation.run import run_seed

    return NOTICED if any(run_seed(seed, mode).violations for seed in range(seeds)) else SURVIVED


def _quiet() -> None:
    os.environ.update(POWERTOOLS_LOG_LEVEL="CRITICAL", POWERTOOLS_SERVICE_NAME="simulation")
    logging.disable(logging.CRITICAL)


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


def during_import(modules: Sequence[str], paths: Sequence[Path]) -> set[tuple[str, int]]:
    """The lines that run while the modules are imported: whatever they do is done before a test starts."""

    def lines() -> set[tuple[str, int]]:
        import coverage

        traced = coverage.Coverage(data_file=None, include=[str(path) for path in paths], config_file=False)
        traced.start()
        for module in modules:
            import_module(module)
        traced.stop()
        data = traced.get_data()
        return {(str(path), line) for path in paths for line in data.lines(str(path)) or ()}

    return answer_of(lines)


def preload(mutated: Sequence[str]) -> None:
    """Import what takes long and never changes, so that every trial starts with it."""
    for name in (
        "aws_lambda_powertools.metrics",
        "boto3",
        "hypothesis",
        "imagebus_imaging",
        "moto",
        "pytest",
    ):
        import_module(name)
    loaded = sorted(set(mutated) & sys.modules.keys())
    if loaded:
        raise RuntimeError(f"already imported, so it could not be mutated: {', '.join(loaded)}")
