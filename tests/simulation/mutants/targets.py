"""What is mutated, and which tests are to notice it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[3]
CORE = ROOT / "layers" / "core"

#: Folder or file -> its own tests, the quickest first.
TARGETS: Mapping[str, tuple[str, ...]] = {
    "layers/core/imagebus/history": ("unit/history", "unit/recorder"),
    "layers/core/imagebus/projector.py": ("unit/recorder", "unit/core/test_projector.py"),
    "layers/core/imagebus/store.py": ("unit/recorder", "unit/core/test_store.py", "integration/core"),
    "layers/core/imagebus/inbox.py": ("unit/core/test_inbox.py", "unit/core/test_consumer.py"),
    "layers/core/imagebus/worker.py": ("unit/workers",),
    "layers/core/imagebus/drain.py": ("unit/core/test_drain.py", "integration/core/test_drain.py"),
    "services/recorder": ("unit/recorder",),
    "services/notifier": ("unit/notifier",),
    "services/failures": ("unit/failures",),
    "services/cleaner": ("unit/cleaner",),
    "services/ingest": ("unit/ingest",),
}


def modules() -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    """Every module: its name, its file, and its tests as far as they exist."""
    for place, tests in TARGETS.items():
        start = ROOT / place
        base = CORE if place.startswith("layers") else start
        found = [f"tests/{test}" for test in tests if (ROOT / "tests" / test).exists()]
        for path in sorted(start.rglob("*.py")) if start.is_dir() else [start]:
            if path.name != "__init__.py":
                yield ".".join(path.relative_to(base).with_suffix("").parts), path, tuple(found)
