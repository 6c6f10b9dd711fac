"""The mistakes: each operator takes a node of the syntax tree and offers what may stand there instead."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

Change = tuple[str, ast.AST | None]
"""What was done, and the node that replaces the old one (None: it is removed)."""

Operator = Callable[[ast.AST], Iterator[Change]]

FLIPS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "takewhile": "filter"}


def comparison(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for flipped in FLIPS[type(node.ops[0])]:
            yield "comparison", ast.Compare(node.left, [flipped()], node.comparators)


def logic(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "and/or", ast.BoolOp(other, node.values)
        for number in range(len(node.values)):
            rest = node.values[:number] + node.values[number + 1 :]
            yield "operand dropped", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not dropped", node.operand


def condition(node: ast.AST) -> Iterator[Change]:
    """A branch is always taken, or never."""
    if isinstance(node, ast.If | ast.IfExp):
        for value in (True, False):
            copy = type(node)(**dict(ast.iter_fields(node)))
            copy.test = ast.Constant(value)
            yield f"always {value}", copy
    if isinstance(node, ast.comprehension):
        for number in range(len(node.ifs)):
            kept = node.ifs[:number] + node.ifs[number + 1 :]
            yield "filter dropped", ast.comprehension(node.target, node.iter, kept, node.is_async)


def arithmetic(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.BinOp):
        if other := ARITHMETIC.get(type(node.op)):
            yield "arithmetic", ast.BinOp(node.left, other(), node.right)
        if isinstance(node.op, ast.BitOr | ast.BitAnd):
            yield "left side only", node.left
            yield "right side only", node.right


def constant(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield "constant", ast.Constant(not node.value)
        elif isinstance(node.value, int):
            yield "constant", ast.Constant(node.value + 1)
        elif isinstance(node.value, str) and node.value:
            yield "constant", ast.Constant(node.value + "X")


def arguments(node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Name) and node.func.id in NAMES:
        name = NAMES[node.func.id]
        keywords = [] if name == "list" else node.keywords
        yield node.func.id, ast.Call(ast.Name(name, ast.Load()), node.args, keywords)
    symmetric = isinstance(node.func, ast.Name) and node.func.id in {"min", "max"}
    if len(node.args) >= 2 and not symmetric and not any(isinstance(e, ast.Starred) for e in node.args):
        yield (
            "arguments swapped",
            ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords),
        )
    for number, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            rest = node.keywords[:number] + node.keywords[number + 1 :]
            yield f"{keyword.arg}= dropped", ast.Call(node.func, node.args, rest)


def collection(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Dict):
        for number, key in enumerate(node.keys):
            keys, values = [*node.keys], [*node.values]
            del keys[number], values[number]
            name = ast.unparse(key) if key is not None else "**"
            yield f"entry {name} dropped", ast.Dict(keys, values)
    if isinstance(node, ast.List | ast.Tuple | ast.Set) and isinstance(
        getattr(node, "ctx", ast.Load()), ast.Load
    ):
        for number in range(len(node.elts)):
            copy = type(node)(**dict(ast.iter_fields(node)))
            copy.elts = node.elts[:number] + node.elts[number + 1 :]
            if copy.elts or not isinstance(node, ast.Set):
                yield "element dropped", copy


def statement(node: ast.AST) -> Iterator[Change]:
    """A call, a raise or a jump is missing; or the function returns nothing."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom):
        yield "call removed", ast.Pass()
    if isinstance(node, ast.Raise | ast.Continue | ast.Break | ast.AugAssign | ast.Delete):
        yield "statement removed", ast.Pass()
    if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
        yield "returns nothing", ast.Return(ast.Constant(None))
    if isinstance(node, ast.Return) and node.value is None:
        yield "statement removed", ast.Pass()
    if isinstance(node, ast.Try):
        for number, handler in enumerate(node.handlers):
            if len(node.handlers) > 1:
                rest = node.handlers[:number] + node.handlers[number + 1 :]
                yield "handler removed", ast.Try(node.body, rest, node.orelse, node.finalbody)
            elif not any(isinstance(each, ast.Raise) for each in ast.walk(handler)):
                yield "handler removed", ast.If(ast.Constant(1), node.body, [])


OPERATORS: tuple[Operator, ...] = (
    comparison,
    logic,
    condition,
    arithmetic,
    constant,
    arguments,
    collection,
    statement,
)
