"""`sam build` for AWS: `python -m tools.build [x86_64|arm64]`. Uses a container without such a Python."""

from __future__ import annotations

import os
import sys

from imagebus_local import LocalError, sam
from tools import ROOT


def main() -> int:
    try:
        built = sam.build_for_lambda(
            ROOT,
            machine=sys.argv[1] if len(sys.argv) > 1 else None,
            environment=dict(os.environ),
            container=True,
        )
    except LocalError as error:
        sys.stderr.write(f"{error.message} {error.advice}\n{error.detail}\n")
        return 1
    sys.stdout.write(f"built: {built.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
