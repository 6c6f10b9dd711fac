"""Where mistakes are made: in every function and constant, except where they could not matter by rule."""

from __future__ import annotations

import ast
import copy
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.simulation.mutants.operators import OPERATORS

#: Logs and metrics: nothing depends on them. (`consumer` tests hold what is measured.)
TELEMETRY = frozenset(
    {
        "logger",
        "count",
        "set_log_context",
        "clear_log_context",
        "measure",
        "emit",
        "_description",
        "_traceback",
    }
)
#: What only the type checker reads.
TYPING = frozenset({"cast", "TypeVar", "NewType", "Literal", "field"})
#: What only people or the type checker read.
UNREAD = frozenset({"annotation", "returns", "decorator_list", "bases", "type_params"})
UNREAD_NODES = (ast.Import, ast.ImportFrom, ast.Global, ast.expr_context)


@dataclass(frozen=True)
class Mutant:
    """One mistake. `id` survives changes elsewhere in the file."""

    module: str
    path: Path
    line: int
    scope: str
    what: str
    before: str
    after: str
    number: int
    #: the lines of its statement, or of that statement's head
    lines: range
    #: whether it happens in a call, not while the module is imported
    called: bool

    @property
    def id(self) -> str:
        text = "\x1f".join((self.scope, self.what, self.before, self.after, str(self.number)))
        return f"{self.module}:{hashlib.sha256(text.encode()).hexdigest()[:10]}"

    def __str__(self) -> str:
        return (
            f"{self.id} line {self.line} in {self.scope}, {self.what}:\n  - {self.before}\n  + {self.after}"
        )


def mutants_of(module: str, path: Path) -> Iterator[tuple[Mutant, Callable[[], ast.Module]]]:
    """Every mutant of a module, and what makes its syntax tree."""
    tree = ast.parse(path.read_text())
    counts: dict[tuple[str, ...], int] = {}
    for route, node, scope, context in _sites(tree):
        for operator in OPERATORS:
            for what, instead in operator(node):
                before = _text(node)
                after = _text(instead) if instead is not None else ""
                if before == after:
                    continue
                same = (scope, what, _short(before), _short(after))
                counts[same] = counts.get(same, -1) + 1
                line = getattr(node, "lineno", getattr(context, "lineno", 0))
                number = counts[same]
                lines, called = _place(tree, route, context)
                yield (
                    Mutant(
                        module, path, line, scope, what, _short(before), _short(after), number, lines, called
                    ),
                    partial(_replaced, tree, route, instead),
                )


Route = tuple[tuple[str, int | None], ...]


def _sites(tree: ast.Module) -> Iterator[tuple[Route, ast.AST, str, ast.AST]]:
    def walk(
        node: ast.AST, route: Route, scope: str, context: ast.AST
    ) -> Iterator[tuple[Route, ast.AST, str, ast.AST]]:
        if isinstance(node, ast.stmt | ast.expr):
            context = node
        for name, child in ast.iter_fields(node):
            for number, each in enumerate(child) if isinstance(child, list) else [(None, child)]:
                if not isinstance(each, ast.AST) or _excluded(node, name, each, scope):
                    continue
                inner = scope
                if isinstance(each, ast.FunctionDef | ast.ClassDef):
                    inner = f"{scope}.{each.name}".lstrip(".")
                here = (*route, (name, number))
                yield here, each, inner, context
                yield from walk(each, here, inner, context)

    yield from walk(tree, (), "", tree)


def _place(tree: ast.Module, route: Route, context: ast.AST) -> tuple[range, bool]:
    """The lines of the statement, and whether it is in the body of a function."""
    node: ast.AST = tree
    statement, called = context, False
    for name, number in route:
        called = called or (isinstance(node, ast.FunctionDef) and name == "body")
        child = getattr(node, name)
        node = child if number is None else child[number]
        if isinstance(node, ast.stmt):
            statement = node
    first, last = getattr(statement, "lineno", 0), getattr(statement, "end_lineno", 0)
    if body := getattr(statement, "body", None):
        last = max(first, body[0].lineno - 1)
    return range(first, last + 1), called


def _excluded(parent: ast.AST, name: str, node: ast.AST, scope: str) -> bool:
    if name in UNREAD or isinstance(parent, ast.Raise) or isinstance(node, UNREAD_NODES):
        return True
    match node:
        case ast.JoinedStr():
            found = isinstance(parent, ast.Call)
        case ast.Constant(value=int()) if isinstance(parent, ast.Assign):
            found = not scope  # a setting: one second or one attempt more is not a mistake
        case ast.Constant():
            found = isinstance(parent, ast.JoinedStr)
        case ast.Expr(value=ast.Constant()):
            found = True  # a docstring, or the body of a protocol
        case ast.ClassDef():
            found = any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)
        case ast.If():
            found = "TYPE_CHECKING" in ast.unparse(node.test)
        case ast.Expr(value=ast.Call() as call) | (ast.Call() as call):
            found = bool(_called(call) & (TELEMETRY | TYPING))
        case ast.Assign(value=ast.Subscript()):
            found = not scope  # the name of a type
        case ast.FunctionDef():
            found = any("overload" in ast.unparse(each) for each in node.decorator_list)
        case _:
            found = False
    return found


def _called(call: ast.Call) -> set[str]:
    """The names in `a.b(...).c(...)`."""
    names, node = set(), call.func
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
            node = node.value
        else:
            node = node.func
    if isinstance(node, ast.Name):
        names.add(node.id)
    return names


def _replaced(tree: ast.Module, route: Route, instead: ast.AST | None) -> ast.Module:
    mutated = copy.deepcopy(tree)
    node: ast.AST = mutated
    for name, number in route[:-1]:
        child = getattr(node, name)
        node = child if number is None else child[number]
    name, number = route[-1]
    replacement = copy.deepcopy(instead)
    if number is None:
        setattr(node, name, replacement)
    else:
        getattr(node, name)[number] = replacement
    return ast.fix_missing_locations(mutated)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.comprehension):
        return ast.unparse(ast.ListComp(ast.Name("_"), [node]))
    return ast.unparse(node)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else line[:157] + "..."
