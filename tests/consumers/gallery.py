"""The faulty consumers: the right one, `gallery`, with one file changed."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass(frozen=True)
class Faulty:
    """`code`: what the test kit has to report, as the first line of the file says."""

    language: str
    path: Path

    @property
    def name(self) -> str:
        return f"{self.language}-{self.path.stem}"

    @property
    def code(self) -> str:
        found = re.match(r'(?:"""|/\*\* |// )([a-z-]+): ', self.path.read_text(encoding="utf-8"))
        assert found, f"{self.path} does not begin with a code"
        return found[1]


FAULTY = {
    language: [Faulty(language, path) for path in sorted((HERE / language / "faulty").glob("*.*"))]
    for language in ("python", "typescript")
}


def written(language: str, into: Path, faulty: Faulty | None = None) -> Path:
    """The consumer's folder, with what `imagebus new-consumer` would put beside the code."""
    folder = into / "gallery"
    shutil.copytree(HERE / language / "gallery", folder)
    shutil.copy(ROOT / "consumer.yml", folder)
    if language == "typescript":
        shutil.copy(ROOT / "clients" / "typescript" / "src" / "events.ts", folder / "src")
        scaffold = ROOT / "tools" / "scaffold" / "files" / "typescript"
        shutil.copy(scaffold / "inbox.ts.txt", folder / "src" / "inbox.ts")
    if faulty:
        (handler,) = folder.glob("src/**/handler.*")
        shutil.copy(faulty.path, handler)
    return folder
