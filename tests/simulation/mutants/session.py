"""Tests that are collected once. In a process of its own, each mutant meets those that run its lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from itertools import accumulate
from pathlib import Path

import coverage
import pytest
from _pytest.main import pytest_runtestloop
from hypothesis import Phase, settings

from tests.simulation.mutants.forks import answer_of
from tests.simulation.mutants.patch import live
from tests.simulation.mutants.targets import modules

OPTIONS = ("-s", "-qq", "--tb=no", "--no-header", "-W", "ignore", "-p", "no:cacheprovider", "-p", "no:xdist")


class Collected:
    """All tests of some files, and which of them runs which line."""

    def __init__(self, session: pytest.Session, paths: Sequence[Path]) -> None:
        self._session = session
        self._items = {item.nodeid: item for item in session.items}
        for module, _, _ in modules():
            import_module(module)  # some are imported on first use, when it would be too late to change them
        self.live = live([str(path) for path in paths])
        self._lines, self._seconds, self.failing = answer_of(lambda: self._traced(paths))

    def of(self, path: Path, lines: Iterable[int], own: Sequence[str] = (), most: float = 0) -> list[str]:
        """The tests that run one of the lines: the module's own first, then others until they take too long.

        After them come those in the same files, for which a fixture or a cache may have run the line.
        """
        found = {name for line in lines for name in self._lines.get((str(path), line), ())}
        files = {name.partition("::")[0] for name in found}
        near = {name for name in self._seconds if name.partition("::")[0] in files} - found
        order = sorted(
            found | near,
            key=lambda name: (name in near, not name.startswith(tuple(own)), self._seconds[name]),
        )
        spent = accumulate(self._seconds[name] for name in order)
        return [name for name, seconds in zip(order, spent, strict=True) if not most or seconds < most]

    def seconds(self, names: Iterable[str]) -> float:
        return sum(self._seconds[name] for name in names)

    def fails(self, names: Sequence[str]) -> bool:
        """Whether one of the tests fails. Changes this process."""
        self._session.items = [self._items[name] for name in names]
        self._session.config.option.maxfail = 1
        try:
            pytest_runtestloop(self._session)
        except (pytest.Session.Failed, pytest.Session.Interrupted):
            return True
        return bool(self._session.testsfailed)

    def _traced(
        self, paths: Sequence[Path]
    ) -> tuple[dict[tuple[str, int], set[str]], dict[str, float], list[str]]:
        """Tests by the lines that they run, the seconds of each, and those that fail without a mutant."""
        traced = coverage.Coverage(data_file=None, include=[str(path) for path in paths], config_file=False)
        traced.set_option("run:core", "ctrace")  # the other one knows no contexts
        seconds: dict[str, float] = {}
        failing: set[str] = set()
        skipped: set[str] = set()

        class Watch:
            @pytest.hookimpl(wrapper=True)
            def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
                traced.switch_context(item.nodeid)
                started = time.process_time()
                result = yield
                seconds[item.nodeid] = time.process_time() - started
                return result

            def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
                if report.failed or report.skipped:
                    (failing if report.failed else skipped).add(report.nodeid)

        self._session.config.pluginmanager.register(Watch())
        traced.start()
        pytest_runtestloop(self._session)
        traced.stop()
        data = traced.get_data()
        lines: dict[tuple[str, int], set[str]] = {}
        for path in map(str, paths):
            for line, names in data.contexts_by_lineno(path).items():
                lines[path, line] = {*names} - skipped - {""}
        return lines, {name: spent for name, spent in seconds.items() if name not in skipped}, sorted(failing)


def collected(tests: Sequence[str], paths: Sequence[Path], work: Callable[[Collected], None]) -> None:
    """Do the work with the tests. Changes this process, which has imported everything afterwards."""

    class Plugin:
        def pytest_collection(self) -> None:
            settings.register_profile(
                "mutants",
                settings.get_profile("patient"),
                phases=(Phase.explicit, Phase.generate),
                database=None,
                derandomize=True,
            )
            settings.load_profile("mutants")

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtestloop(self, session: pytest.Session) -> bool:
            work(Collected(session, paths))
            return True

    code = pytest.main([*OPTIONS, *tests], plugins=[Plugin()])
    if code not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        raise RuntimeError(f"pytest ended with {code}")
