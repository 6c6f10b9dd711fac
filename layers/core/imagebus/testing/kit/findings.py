"""What the test kit can find wrong with a consumer, and how it says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from imagebus.testing.kit.messages import EMPTIED, FRESH, Sequence

#: Code -> (what is wrong, what to do). docs/testing-consumers.md explains each.
CODES: Mapping[str, tuple[str, str]] = {
    "fails": (
        "It fails on an event that it subscribes to",
        "Look at its log. If it needs data that is not there, prepare it, or skip events about it.",
    ),
    "old-version": (
        "It fails on an older version of an event",
        "Read every released version: imagebus.events.read does, and so does the guard of the typed clients.",
    ),
    "not-idempotent": (
        "It is not idempotent: the same fact again changes the outcome",
        "Derive keys from meta.event_id, or write on the condition that it has not been handled.",
    ),
    "order-dependent": (
        "Its outcome depends on the order of delivery",
        "Keep meta.revision with what you write, and let an older upload never replace a newer one.",
    ),
    "unknown-field": (
        "It breaks on a field that it does not know",
        "Ignore unknown fields: within a version, optional fields are added at any time.",
    ),
    "newer-version": (
        "It takes an event of a newer version for one that it knows",
        "Check meta.schema_version and fail on an unknown version: the event waits in the dead letters.",
    ),
    "replays": (
        "It takes replays that it should not",
        'Exclude them in its rule ("replay-name": [{"exists": false}]), or send nothing when one arrives.',
    ),
    "loses-batch": (
        "It loses the rest of a batch",
        "Return each failed message, and only those, in batchItemFailures; the mapping has to ask for them.",
    ),
    "loses-poison": (
        "It loses what it cannot read",
        "Fail on it, so that it ends in the dead letters of its inbox.",
    ),
    "memory": (
        "It keeps state in memory",
        "Lambda starts and stops instances at any time, and runs several. Keep state in a table.",
    ),
    "unstable": (
        "The same deliveries do not always leave the same",
        "Make it deterministic; nothing else can be tested before that.",
    ),
}


@dataclass(frozen=True)
class Finding:
    """`shown_by`: the shortest sequence of deliveries that shows it; `instead`: one that should end alike.

    `also`: other events with the same fault.
    """

    code: str
    shown_by: Sequence
    instead: Sequence | None = None
    differences: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return CODES[self.code][0]

    @property
    def advice(self) -> str:
        return CODES[self.code][1]

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "title": self.title,
            "shown_by": listed(self.shown_by),
            "instead_of": None if self.instead is None else listed(self.instead),
            "differences": list(self.differences),
            "also": list(self.also),
            "advice": self.advice,
        }

    def lines(self) -> Iterator[str]:
        yield f"{self.code}: {self.title}."
        yield "  Deliver:"
        yield from (f"    {line}" for line in _numbered(self.shown_by))
        if self.instead is not None:
            yield "  The outcome differs from that of:"
            yield from (f"    {line}" for line in _numbered(self.instead))
        yield from (f"  {line}" for line in self.differences)
        if self.also:
            yield f"  So do: {', '.join(self.also)}"
        yield f"  {self.advice}"


@dataclass(frozen=True)
class Report:
    """`runs` sequences were delivered. `ignored`: values that differ from run to run, such as times."""

    findings: tuple[Finding, ...]
    runs: int
    seed: int
    ignored: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        return {
            "findings": [each.as_json() for each in self.findings],
            "runs": self.runs,
            "seed": self.seed,
            "ignored": list(self.ignored),
        }

    def __str__(self) -> str:
        lines = [line for each in self.findings for line in each.lines()]
        return "\n".join([*lines, f"{self.runs} runs, seed {self.seed}"])


def listed(sequence: Sequence) -> list[list[str]]:
    """The names of the messages, batch by batch."""
    return [[message.name for message in step] for step in sequence]


def _numbered(sequence: Sequence) -> Iterator[str]:
    if not sequence:
        yield "nothing"
    number = 0
    for step in sequence:
        if step in (FRESH, EMPTIED):
            yield step[0].name
            continue
        number += 1
        if len(step) == 1:
            yield f"{number}. {step[0].name}"
        else:
            yield f"{number}. in one batch: " + "; ".join(message.name for message in step)
