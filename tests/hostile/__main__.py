"""`python -m tests.hostile DIR` writes the hostile files and their manifest.json: file, about, outcomes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.hostile.corpus import CORPUS


def write(folder: Path) -> int:
    """The number of files written."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = []
    for hostile in CORPUS:
        (folder / hostile.name).write_bytes(hostile.make())
        outcomes = [code or "validated" for code in hostile.codes] or ["validated"]
        manifest.append({"file": hostile.name, "about": hostile.about, "outcomes": outcomes})
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return len(CORPUS)


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "hostile")
    print(f"{write(target)} hostile files in {target}")
