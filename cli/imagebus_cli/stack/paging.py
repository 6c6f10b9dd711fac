"""Every item of a list that botocore knows no paginator for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

TOKENS = ("NextToken", "nextToken")


def every(operation: Callable[..., Any], items: str, **arguments: str) -> Iterator[Any]:
    answer = operation(**arguments)
    yield from answer.get(items, [])
    while more := {name: answer[name] for name in TOKENS if answer.get(name)}:
        answer = operation(**arguments, **more)
        yield from answer.get(items, [])
