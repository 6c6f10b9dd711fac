"""Memory and temporary files of the local functions. Linux only; elsewhere there are no samples."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

PROC = Path("/proc")


@dataclass(frozen=True)
class Usage:
    """`worker_bytes` is the mean of the workers' resident memory."""

    at: float
    workers: int
    worker_bytes: float
    emulator_bytes: int
    temporary_files: int
    temporary_bytes: int


@dataclass
class Watch:
    """Samples the emulator's process group every `every` seconds between enter and exit."""

    pid: int
    temporary: Path
    every: float = 5.0
    samples: list[Usage] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(self.every):
            self.samples.append(self.look())

    def look(self) -> Usage:
        memory = {pid: resident(pid) for pid in members(self.pid)}
        emulator = memory.pop(self.pid, 0)
        files = [size for path in self.temporary.rglob("*") if (size := _size(path)) is not None]
        return Usage(
            at=time.monotonic(),
            workers=len(memory),
            worker_bytes=sum(memory.values()) / len(memory) if memory else 0.0,
            emulator_bytes=emulator,
            temporary_files=len(files),
            temporary_bytes=sum(files),
        )


def members(group: int) -> list[int]:
    """The processes in a group."""
    found = []
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:  # it has exited
            continue
        if int(fields[2]) == group:
            found.append(int(stat.parent.name))
    return found


def resident(pid: int) -> int:
    """Bytes; 0 if the process has exited."""
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None
