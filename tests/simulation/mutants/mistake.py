"""A mistake with a meaning, and what it is made of."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tests.simulation.mutants.targets import ROOT


@dataclass(frozen=True)
class Mistake:
    """`text` occurs exactly once in the module's source; `instead` replaces it."""

    name: str
    module: str
    path: str
    text: str
    instead: str
    #: the mode that shows it
    mode: str

    def tree(self) -> ast.Module:
        """Raises LookupError if the text has changed: then adapt the mistake."""
        source = (ROOT / self.path).read_text()
        if source.count(self.text) != 1:
            raise LookupError(f"{self.path} does not have this exactly once: {self.text!r}")
        return ast.parse(source.replace(self.text, self.instead))


def core(name: str, module: str, text: str, instead: str, mode: str = "rough") -> Mistake:
    return Mistake(
        name, f"imagebus.{module}", f"layers/core/imagebus/{module.replace('.', '/')}.py", text, instead, mode
    )


def service(name: str, module: str, text: str, instead: str, mode: str = "rough") -> Mistake:
    service = module.partition(".")[0]
    return Mistake(name, module, f"services/{service}/{module.replace('.', '/')}.py", text, instead, mode)


def command(name: str, module: str, text: str, instead: str, mode: str = "rough") -> Mistake:
    path = f"cli/imagebus_cli/{module.replace('.', '/')}.py"
    return Mistake(name, f"imagebus_cli.{module}", path, text, instead, mode)
