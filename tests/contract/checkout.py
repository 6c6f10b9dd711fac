"""The contracts of this checkout, read once."""

from __future__ import annotations

from pathlib import Path

from tools.contracts.files import ContractFiles
from tools.contracts.golden import Golden, golden_events

ROOT = Path(__file__).resolve().parents[2]
FILES = ContractFiles(ROOT)
GOLDEN: tuple[Golden, ...] = tuple(golden_events(FILES.examples))
