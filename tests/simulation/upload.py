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


def sequencer(random: Random) -> Callable[[str], str]:
    """Of each key increasing, with different lengths: "1F" is older than "1F05", which is older than "2".

    Often one is the beginning of the next. Those of two keys have nothing to do with each other.
    """
    last: dict[str, str] = {}

    def next_of(key: str) -> str:
        before = last.get(key, "")
        if before and len(before) < 20 and random.random() < 0.3:
            last[key] = f"{before}{random.randint(1, 255):02X}"
        else:
            number = (
                int(before[:6], 16) + random.randint(1, 3) if before else random.randint(0x600000, 0x6FFFFF)
            )
            last[key] = f"{number:X}{random.choice(['', '07', 'A0', '00C4D1E2'])}"
        return last[key]

    return next_of
