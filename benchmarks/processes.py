"""Competitors as processes: kept alive for interleaved timing, fresh for peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.environment import BENCH, PYTHON, ROOT

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {**os.environ, "VIPS_CONCURRENCY": "1", "PYTHONPATH": str(ROOT / "layers" / "imaging")}


def command(engine: str) -> list[str]:
    if engine.startswith("sharp"):
        return ["node", str(HERE / "sharp_worker.mjs"), engine, str(BENCH)]
    python = str(PYTHON) if engine.startswith("pyvips") else sys.executable
    return [python, str(HERE / "worker.py"), engine]


@dataclass
class Worker:
    """One competitor, alive until closed. Raises RuntimeError if it dies during a job."""

    engine: str

    def __enter__(self) -> Worker:
        self._process = subprocess.Popen(
            command(self.engine), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(timeout=60)

    def run(self, file: Path, out: Path | None = None) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        job = {"file": str(file), "out": str(out) if out else None}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.engine} died on {file}")
        found: dict[str, Any] = json.loads(answer)
        return found


def peak_mb(engine: str, file: Path) -> float:
    """Peak resident memory of a fresh process that does one job, interpreter and libraries included."""
    with Worker(engine) as worker:
        return float(worker.run(file)["peak_mb"])


def similarity(source: Path, prefixes: list[Path]) -> list[float]:
    arguments = [str(PYTHON), str(HERE / "similarity.py"), str(source), *map(str, prefixes)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    return [float(line) for line in done.stdout.split()]
