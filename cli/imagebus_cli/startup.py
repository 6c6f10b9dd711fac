"""Keep typer from importing what the command never uses, half of the time of `imagebus --help`."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import typer.core

if TYPE_CHECKING:
    from typer._coercion import TypeDescriptor

#: Rendered help as Markdown and coloured tracebacks. Both are off, and typer imports them all the same.
UNUSED = {"rich.markdown": "Markdown", "rich.traceback": "Traceback"}


def lighten() -> None:
    """For the process of the command only: it leaves stand-ins for the modules in UNUSED."""
    for module, name in UNUSED.items():
        stand_in = ModuleType(module)
        setattr(stand_in, name, type(name, (), {}))
        sys.modules.setdefault(module, stand_in)
    if getattr(typer.core, "build_runtime_param", _Deferred) is not _Deferred:
        _Deferred.build = staticmethod(typer.core.build_runtime_param)  # type: ignore[attr-defined]
        typer.core.build_runtime_param = _Deferred  # type: ignore[assignment,attr-defined]


class _Deferred:
    """The conversion of one option. typer builds it with pydantic, also for an option that is not given."""

    build: Any

    def __init__(self, descriptor: TypeDescriptor) -> None:
        self._descriptor = descriptor

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        return self.build(self._descriptor).coerce(value, param=param, ctx=ctx)
