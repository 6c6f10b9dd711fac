"""The faults of a run, as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any


@dataclass(frozen=True)
class Weather:
    """Chances unless said otherwise; without any argument nothing fails."""

    # per call of AWS
    crash: float = 0.0
    throttle: float = 0.0
    lost_answer: float = 0.0
    slow: float = 0.0
    #: the network hangs for most of the function's time
    hang: float = 0.0
    #: a write meets a transaction
    conflict: float = 0.0
    #: one entry of PutEvents fails
    refused: float = 0.0
    #: the SDK repeats a call whose answer was lost, instead of reporting it
    sdk_retries: bool = False

    # per delivery
    #: EventBridge or SQS delivers something twice
    duplicate: float = 0.0
    #: a delivery takes half a minute, or hours to days
    late: float = 0.0
    very_late: float = 0.0
    #: EventBridge gives up on a delivery
    undelivered: float = 0.0
    #: a message vanishes
    lost: float = 0.0

    # of the whole run
    #: seconds by which the clocks of machines may be wrong
    skew: float = 0.0
    #: seconds by which reads that are not consistent lag behind
    lag: float = 0.0
    visibility: int = 180
    concurrency: int = 3
    page_items: int = 1000
    names_versions: bool = True
    #: a user overwrites or deletes an image exactly while a worker writes
    overwrites: float = 0.0


#: Field -> what it may be.
Choices = Mapping[str, Sequence[Any]]

ORDINARY: Choices = {
    "concurrency": (1, 3, 10),
    "page_items": (2, 5, 1000),
    "names_versions": (True, True, True, True, False),
}
ROUGH: Choices = ORDINARY | {
    "crash": (0, 0.005, 0.01, 0.02, 0.04),
    "throttle": (0, 0.01, 0.03),
    "lost_answer": (0, 0.01),
    "slow": (0, 0.05, 0.2),
    "hang": (0, 0.01, 0.04),
    "duplicate": (0, 0.1, 0.3),
    "late": (0, 0.05, 0.2),
    "undelivered": (0, 0, 0.01),
    "refused": (0, 0.1, 0.3),
}


def draw(random: Random, choices: Choices) -> Weather:
    return Weather(**{name: random.choice(list(values)) for name, values in choices.items()})
