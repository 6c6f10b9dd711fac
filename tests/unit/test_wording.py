"""Documents, messages and comments use the words that a native engineer would."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: What to avoid -> what to write.
AVOID = {
    r"\banew\b": "again, or a more exact verb: rebuild, regenerate, retake",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bstands? so\b": "name the status",
    r"\bis no (time|news|trouble|obstacle)\b": "is not a valid ..., is normal",
    r"\b(comes?|came) to (its|their|an) end\b": "finish",
    r"\b(tells?|told|telling) of\b": "report",
    r"\b(brings?|brought)( \w+){0,2} again\b": "retry, republish, replay",
    r"\b(goes|go|went) again\b": "is resent",
    r"\b(is|are|was) at it\b": "is already processing it",
    r"\bnot as it should be\b": "invalid",
    r"\bin nobody's way\b": "does not interfere",
    r"\bto be had\b": "available",
    r"\bin vain\b": "without success, or leave it out",
    r"\b(stops|delays|blocks) no other\b": "does not stop the others",
    r"(?<!there )\b(is|are|was) no (event|error|part|reason|mistake|segment)s?\b": "is not a ...",
}
#: Frozen history, and this list.
EXEMPT = ("CHANGELOG.md", "schemas/released/", "tests/unit/test_wording.py")
PATTERNS = ("*.md", "*.py", "*.yml", "*.toml", "*.txt", "*.html", "*.js", "*.json", "Makefile", ".ci/run")


@cache
def texts() -> dict[str, str]:
    listed = subprocess.run(
        ["git", "ls-files", "--", *PATTERNS], cwd=ROOT, check=True, capture_output=True, text=True
    )
    paths = {name: ROOT / name for name in listed.stdout.splitlines() if not name.startswith(EXEMPT)}
    # A phrase may be broken over two lines, also of a comment.
    return {
        name: re.sub(r"\s+(#:? )?", " ", path.read_text(encoding="utf-8"))
        for name, path in paths.items()
        if path.is_file()
    }


@pytest.mark.parametrize("phrase", AVOID)
def test_no_text_reads_as_translated(phrase: str) -> None:
    found = [
        f"{name}: …{text[max(0, match.start() - 30) : match.end() + 30]}…"
        for name, text in texts().items()
        if (match := re.search(phrase, text, re.IGNORECASE))
    ]
    assert not found, f"Write instead: {AVOID[phrase]}.\n" + "\n".join(found)
