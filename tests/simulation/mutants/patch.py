"""Changes a module that is already imported: the functions get the mutant's code, wherever they are used."""

from __future__ import annotations

import ast
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any, cast

#: Where a function is defined: its file, its first line and its qualified name.
Place = tuple[str, int, str]


@dataclass(frozen=True)
class Live:
    """The functions and the caches that there are in this process."""

    functions: Mapping[Place, list[FunctionType]]
    caches: list[Callable[[], None]]

    def install(self, path: str, tree: ast.Module) -> bool:
        """False if a closure has other free variables than before, which only an import can give it."""
        for code in _nested(compile(tree, path, "exec")):
            for function in self.functions.get(_place(code), ()):
                if function.__code__.co_freevars != code.co_freevars:
                    return False
                function.__code__ = code
        for clear in self.caches:
            clear()
        return True


def live(paths: Iterable[str]) -> Live:
    wanted = set(paths)
    gc.unfreeze()  # what is frozen is not listed
    functions: dict[Place, list[FunctionType]] = {}
    caches = []
    for each in gc.get_objects():
        if type(each) is FunctionType and each.__code__.co_filename in wanted:
            functions.setdefault(_place(each.__code__), []).append(each)
        elif type(each).__name__ == "_lru_cache_wrapper" and each.__module__.partition(".")[0] in OWN:
            caches.append(cast("Any", each).cache_clear)
    gc.freeze()
    return Live(functions, caches)


#: Whose caches are emptied, since they may have an answer of the code as it was.
OWN = frozenset({"imagebus", "recorder", "notifier", "failures", "cleaner", "ingest"})


def _place(code: CodeType) -> Place:
    return code.co_filename, code.co_firstlineno, code.co_qualname


def _nested(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _nested(each)
