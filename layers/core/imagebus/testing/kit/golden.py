"""The golden events: examples of every released version of every event."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

#: The wheel brings copies (tools/hatch_build.py). A checkout has the originals.
IN_A_WHEEL = Path(__file__).with_name("golden")
IN_A_CHECKOUT = Path(__file__).parents[5] / "schemas" / "examples"


@cache
def golden_events() -> dict[str, dict[str, Any]]:
    """File name without its suffix -> envelope. An event's plain example comes before its variants."""
    folder = IN_A_WHEEL if IN_A_WHEEL.is_dir() else IN_A_CHECKOUT
    paths = sorted(folder.glob("*.json"), key=lambda path: path.stem)
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}
