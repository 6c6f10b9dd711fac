"""What users did to a key, and how S3 numbers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Upload:
    """What a key shows since a user did something; `kind` is good, corrupt, empty, delete or erased.

    After a `removal` of a version, an older one or nothing may be current. The system announces that unless
    it knows that it was so before.
    """

    key: str
    revision: str
    kind: str
    body: bytes
    at: float
    removal: bool = False
    #: of what was uploaded
    version: str = ""


def sequencer(random: Random) -> Callable[[], str]:
    """Increasing, with different lengths: "1F" is older than "1F05", which is older than "2"."""
    state = {"number": 0x61A0B2}

    def next_one() -> str:
        state["number"] += random.randint(1, 3)
        return f"{state['number']:X}" + "".join(
            random.choice("0123456789ABCDEF") for _ in range(random.choice([0, 2, 8]))
        )

    return next_one
