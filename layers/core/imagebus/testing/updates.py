"""DynamoDB's update expressions: SET with `if_not_exists`, `list_append`, + and -; REMOVE; ADD; DELETE.

Paths are names of top-level attributes, or of members of maps (`a.b`).
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Item = dict[str, Any]

_CLAUSE = re.compile(r"\b(SET|REMOVE|ADD|DELETE)\b", re.IGNORECASE)
_CALL = re.compile(r"(if_not_exists|list_append)\s*\((.+)\)", re.DOTALL)


def updated(item: Item, text: str, names: Mapping[str, str], values: Mapping[str, Any]) -> Item:
    """The item after the expression. Every operand is read before anything is written, as in the service.

    Raises ValueError for what DynamoDB or this fake does not support.
    """
    return _Update(item, names, values).apply(text)


class _Update:
    def __init__(self, item: Item, names: Mapping[str, str], values: Mapping[str, Any]) -> None:
        self._before, self._after = item, copy.deepcopy(item)
        self._names, self._values = names, values

    def apply(self, text: str) -> Item:
        parts = _CLAUSE.split(text)
        if parts[0].strip() or len(parts) < 3:
            raise ValueError(f"cannot read {text!r}")
        for keyword, actions in zip(parts[1::2], parts[2::2], strict=True):
            for action in _split(actions, ","):
                self._act(keyword.upper(), action)
        return self._after

    def _act(self, keyword: str, action: str) -> None:
        if keyword == "SET":
            path, _, operand = action.partition("=")
            self._write(path, self._operand(operand))
        elif keyword == "REMOVE":
            holder, name = self._place(action)
            holder.pop(name, None)
        else:
            path, name = action.split()
            self._write(path, _combined(keyword, self._read(path), self._values[name]))

    def _operand(self, text: str) -> Any:
        for sign in "+-":
            left, *right = _split(text, sign)
            if right:
                return _number(self._operand(left), self._operand(right[0]), sign)
        text = text.strip()
        if call := _CALL.fullmatch(text):
            first, second = _split(call[2], ",")
            if call[1] == "list_append":
                return {"L": [*self._operand(first)["L"], *self._operand(second)["L"]]}
            present = self._read(first)
            return self._operand(second) if present is None else present
        if text.startswith(":"):
            return self._values[text]
        found_value = self._read(text)
        if found_value is None:
            raise ValueError(f"the item has no attribute {text}")
        return found_value

    def _read(self, path: str) -> Any:
        value: Any = {"M": self._before}
        for name in self._steps(path):
            value = (value or {}).get("M", {}).get(name)
        return value

    def _write(self, path: str, value: Any) -> None:
        holder, name = self._place(path)
        if value is None:
            holder.pop(name, None)
        else:
            holder[name] = copy.deepcopy(value)

    def _place(self, path: str) -> tuple[Item, str]:
        *outer, name = self._steps(path)
        holder = self._after
        for each in outer:
            holder = holder[each]["M"]
        return holder, name

    def _steps(self, path: str) -> list[str]:
        return [self._names.get(each, each) for each in path.strip().split(".")]


def _split(text: str, mark: str) -> list[str]:
    """The parts between the marks that are not inside a call."""
    parts, depth = [""], 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == mark and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _number(left: Mapping[str, str], right: Mapping[str, str], sign: str) -> dict[str, str]:
    total = Decimal(left["N"]) + Decimal(right["N"]) * (1 if sign == "+" else -1)
    return {"N": format(total.normalize(), "f")}


def _combined(keyword: str, present: Mapping[str, Any] | None, value: Mapping[str, Any]) -> Any:
    """ADD to a number or a set, DELETE from a set; None for a set that is empty then."""
    ((kind, given),) = value.items()
    if kind == "N" and keyword == "ADD":
        return _number(present or {"N": "0"}, {"N": given}, "+")
    if kind not in ("SS", "NS", "BS"):
        raise ValueError(f"{keyword} does not take {kind}")
    members = (present or {}).get(kind, [])
    if keyword == "ADD":
        return {kind: [*members, *(each for each in given if each not in members)]}
    return {kind: left} if (left := [each for each in members if each not in given]) else None
