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
    "layers/core/imagebus/bus.py": ("unit/core/test_bus.py", "unit/recorder"),
    "layers/core/imagebus/inbox.py": ("unit/core/test_inbox.py", "unit/core/test_consumer.py"),
    "layers/core/imagebus/worker.py": ("unit/workers",),
    "layers/core/imagebus/drain.py": ("unit/core/test_drain.py", "integration/core/test_drain.py"),
    "services/recorder": ("unit/recorder", "unit/test_handlers.py", "unit/test_metrics.py"),
    "services/notifier": (
        "unit/notifier",
        "unit/test_handlers.py",
    ),
    "services/failures": (
        "unit/failures",
        "unit/test_handlers.py",
        "aws_rules/test_encrypted_events.py",
    ),
    "services/cleaner": (
        "unit/cleaner",
        "unit/test_handlers.py",
    ),
    "services/ingest": (
        "unit/ingest",
        "unit/test_handlers.py",
    ),
}

#: Where the tests are of which any may notice a mutant: those that run its lines do run.
TESTS = (
    *("tests/unit/" + name for name in (
        "history", "recorder", "notifier", "failures", "cleaner", "ingest", "core", "workers", "recipes",
        "test_metrics.py", "test_handlers.py", "cli/test_status.py", "cli/test_past.py", "cli/test_retry.py",
        "cli/test_rebuild.py", "cli/test_erase.py", "cli/test_images.py", "cli/test_recipe_prune.py",
    )),
    "tests/aws_rules/test_encrypted_events.py", "tests/integration/core",
)  # fmt: skip


def modules() -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    """Every module: its name, its file, and its tests as far as they exist."""
    for place, tests in TARGETS.items():
        start = ROOT / place
        base = CORE if place.startswith("layers") else start
        found = [f"tests/{test}" for test in tests if (ROOT / "tests" / test).exists()]
        for path in sorted(start.rglob("*.py")) if start.is_dir() else [start]:
            if path.name != "__init__.py":
                yield ".".join(path.relative_to(base).with_suffix("").parts), path, tuple(found)


def own_tests(path: Path) -> tuple[str, ...]:
    return next(tests for _, each, tests in modules() if each == path)
