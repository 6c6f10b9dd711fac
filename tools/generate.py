"""`python -m tools.generate [--check]`: write the generated files, or say which are out of date."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools import ROOT
from tools.contracts.files import Unreleased, generated, leftovers


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """0 when all is as it should be now; 1 with --check when something is not; 2 when it cannot be known."""
    parser = argparse.ArgumentParser(prog="python -m tools.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something would change")
    check: bool = parser.parse_args(arguments).check
    try:
        wanted, superfluous = generated(root), leftovers(root)
    except Unreleased as reason:
        sys.stderr.write(f"{reason}\n")
        return 2
    stale = [path for path, text in wanted.items() if not path.is_file() or _read(path) != text]
    if check:
        for path in [*stale, *superfluous]:
            sys.stderr.write(f"{path.relative_to(root)} is out of date: run `make generate`.\n")
        return 1 if stale or superfluous else 0
    for path in superfluous:
        path.unlink()
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[path].encode())
        sys.stdout.write(f"{path.relative_to(root)}\n")
    return 0


def _read(path: Path) -> str:
    return path.read_bytes().decode()


if __name__ == "__main__":
    sys.exit(main())
