"""DynamoDB's condition expressions, as far as this project uses them: comparisons, BETWEEN, the functions
`attribute_exists`, `attribute_not_exists` and `begins_with`, AND, OR, NOT and parentheses.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

Attributes = Mapping[str, Any]
#: (item, names, values) -> whether the condition holds
Condition = Callable[[Attributes, Mapping[str, str], Attributes], bool]
Operand = Callable[[Attributes, Mapping[str, str], Attributes], Any]

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),]|[:#]?[A-Za-z_][A-Za-z0-9_]*)")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@cache
def compile_condition(text: str) -> Condition:
    """Raises ValueError for anything that DynamoDB or this fake does not support."""
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                raise ValueError(f"cannot read {text[position:]!r}")
            self._tokens.append(match[1])
            position = match.end()

    def parse(self) -> Condition:
        condition = self._or()
        if self._tokens:
            raise ValueError(f"{self._text!r}: unexpected {self._tokens[0]!r}")
        return condition

    def _next(self, expected: str | None = None) -> str:
        if not self._tokens or (expected is not None and self._tokens[0] != expected):
            raise ValueError(f"{self._text!r}: expected {expected or 'more'}")
        return self._tokens.pop(0)

    def _ahead(self, word: str) -> bool:
        return bool(self._tokens) and self._tokens[0].upper() == word

    def _or(self) -> Condition:
        left = self._and()
        while self._ahead("OR"):
            self._next()
            left = _either(left, self._and())
        return left

    def _and(self) -> Condition:
        left = self._not()
        while self._ahead("AND"):
            self._next()
            left = _both(left, self._not())
        return left

    def _not(self) -> Condition:
        if self._ahead("NOT"):
            self._next()
            inner = self._not()
            return lambda item, names, values: not inner(item, names, values)
        if self._ahead("("):
            self._next()
            inner = self._or()
            self._next(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        word = self._next()
        if self._ahead("("):
            return self._function(word)
        left = _operand(word)
        if self._ahead("BETWEEN"):
            self._next()
            low = self._compared(left, operator.ge)
            self._next("AND")
            return _both(low, self._compared(left, operator.le))
        return self._compared(left, _COMPARE[self._next()])

    def _compared(self, left: Operand, compare: Callable[[Any, Any], bool]) -> Condition:
        """With the operand that comes next."""
        right = _operand(self._next())

        def holds(item: Attributes, names: Mapping[str, str], values: Attributes) -> bool:
            one, two = left(item, names, values), right(item, names, values)
            if one is None or two is None or next(iter(one)) != next(iter(two)):
                return False
            return compare(_comparable(one), _comparable(two))

        return holds

    def _function(self, name: str) -> Condition:
        self._next("(")
        operand = _operand(self._next())
        if name == "begins_with":
            self._next(",")
            prefix = _operand(self._next())
            self._next(")")
            return lambda i, n, v: (operand(i, n, v) or {}).get("S", "").startswith(prefix(i, n, v)["S"])
        self._next(")")
        if name == "attribute_exists":
            return lambda item, names, values: operand(item, names, values) is not None
        if name == "attribute_not_exists":
            return lambda item, names, values: operand(item, names, values) is None
        raise ValueError(f"no function {name!r}")


def _either(left: Condition, right: Condition) -> Condition:
    return lambda item, names, values: left(item, names, values) or right(item, names, values)


def _both(left: Condition, right: Condition) -> Condition:
    return lambda item, names, values: left(item, names, values) and right(item, names, values)


def _operand(token: str) -> Operand:
    if token.startswith(":"):
        return lambda _item, _names, values: values[token]
    if token.startswith("#"):
        return lambda item, names, _values: item.get(names[token])
    return lambda item, _names, _values: item.get(token)


def _comparable(value: Attributes) -> Any:
    ((kind, content),) = value.items()
    return Decimal(content) if kind == "N" else content
