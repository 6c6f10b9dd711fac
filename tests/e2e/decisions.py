"""IAM's decisions on the embedded AWS: every call by a function's role or a user, allowed or denied."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imagebus_local import Places

VARIABLE = "IMAGEBUS_IAM_RECORD"
RECORDER = Path(__file__).parents[1] / "security" / "recorder"


@dataclass(frozen=True)
class Decision:
    """`role` is the name of the function's role, or the user."""

    role: str
    action: str
    resource: str
    allowed: bool


@dataclass(frozen=True)
class Recording:
    """The file that the emulator writes; missing if the emulator was started without recording."""

    path: Path

    @classmethod
    def of_this_checkout(cls) -> Recording:
        return cls(Places.find().home / "iam.jsonl")

    @contextmanager
    def switched_on(self) -> Iterator[None]:
        """An emulator that starts inside the block records its decisions. Begins with an empty file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(b"")
        before = {name: os.environ.get(name) for name in (VARIABLE, "PYTHONPATH")}
        os.environ[VARIABLE] = str(self.path)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(RECORDER), before["PYTHONPATH"]]))
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name)
                else:
                    os.environ[name] = value

    def position(self) -> int:
        """The end of the last whole line: the emulator may be writing the next one."""
        return len(self._whole_lines())

    def since(self, position: int) -> list[Decision]:
        return [Decision(**json.loads(line)) for line in self._whole_lines()[position:].splitlines()]

    def _whole_lines(self) -> bytes:
        written = self.path.read_bytes() if self.path.exists() else b""
        return written[: written.rfind(b"\n") + 1]
