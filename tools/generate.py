"""The generated files of the repository: what they must hold, and which are out of date.

clients/ follows from some of them, and is written by generators that need Node (tools/clients/files.py).
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

from tools.clients.files import Clients
from tools.contracts import files as contracts
from tools.monitoring import template as monitoring


def generated(root: Path) -> dict[Path, str]:
    """Path -> text of every generated file but those of clients/. Raises Unreleased."""
    return {
        **contracts.generated(root),
        root / "monitoring" / "template.yml": monitoring.text(),
        root / "docs" / "openapi.json": openapi(),
    }


def out_of_date(root: Path) -> list[Path]:
    """Files that `write` would write or remove. Raises Unreleased."""
    wanted = generated(root)
    return [*_stale(wanted), *_superfluous(root, wanted)]


def write(root: Path) -> list[Path]:
    """Bring every file up to date; returns those that changed. Raises Unreleased."""
    wanted = generated(root)
    stale, superfluous = _stale(wanted), _superfluous(root, wanted)
    for path in superfluous:
        path.unlink()
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[path].encode())
    return [*stale, *superfluous]


def clients(root: Path) -> Clients:
    """clients/ as it follows from the code. Raises Unreleased."""
    return Clients.of(root, openapi())


def _stale(wanted: dict[Path, str]) -> list[Path]:
    return [path for path, text in wanted.items() if not path.is_file() or path.read_bytes() != text.encode()]


def _superfluous(root: Path, wanted: dict[Path, str]) -> list[Path]:
    """Schemas of events that the catalog no longer has."""
    schemas = contracts.ContractFiles(root).schemas
    return sorted(path for path in schemas.glob("*@*.json") if path not in wanted)


@cache
def openapi() -> str:
    """What the API says of itself. It runs as its own process: nothing but a service imports a service."""
    command = [sys.executable, "-m", "api.openapi"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode()
