"""What users did to a key."""

from __future__ import annotations

from dataclasses import dataclass


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
