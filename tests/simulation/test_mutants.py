"""A mutant counts wherever its function is used."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tests.simulation.mutants.patch import live
from tests.simulation.mutants.sites import mutants_of

SOURCE = """
NAMES = {"a": 1}

def add(x):
    return x + 1

def adder(n):
    def inner(x):
        return x + n
    return inner

by_two = adder(2)
"""


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    path = tmp_path / "module_of_a_test.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("module_of_a_test", path)
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_functions_and_closures_that_were_made_before_are_changed(module: ModuleType):
    path, add, by_two = str(module.__file__), module.add, module.by_two
    assert live([path]).install(path, ast.parse(SOURCE.replace("x + 1", "x - 1").replace("x + n", "x - n")))
    assert (add(5), by_two(5)) == (4, 3)


def test_a_closure_that_would_need_other_variables_is_left_to_an_import(module: ModuleType):
    path = str(module.__file__)
    assert not live([path]).install(path, ast.parse(SOURCE.replace("x + n", "x")))


def test_every_kind_of_mistake_knows_its_lines_and_whether_a_call_makes_it(module: ModuleType):
    found = [mutant for mutant, _ in mutants_of("m", Path(str(module.__file__)))]
    arithmetic = next(mutant for mutant in found if mutant.before == "x + 1")
    assert (arithmetic.called, list(arithmetic.lines), arithmetic.scope) == (True, [5], "add")
    assert {mutant.called for mutant in found if not mutant.scope} == {False}
