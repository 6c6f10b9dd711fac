"""Compares what two sequences of deliveries leave behind, and finds the shortest that differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from imagebus.testing.kit.messages import Message, Sequence
from imagebus.testing.kit.state import Noise, State, differences, noise_between, shortened

#: Places in an outcome that every consumer has.
DEAD, LEFT = "dead letters", "inbox"


@dataclass(frozen=True)
class Outcome:
    """`state`: everything that is there afterwards, dead letters and published facts among it.

    `sent`: each message and event that left the consumer, in order; a fact that is published twice counts
    once in `state` and twice here.
    """

    state: State
    sent: State = ()
    #: Why something failed, as far as the function says.
    error: str = ""

    def names(self, place: str) -> set[str]:
        return {each.label for each in self.state if each.place == place}


class Runner(Protocol):
    """`restarts`: whether it can start a new instance of the function (FRESH in a sequence)."""

    takes_replays: bool
    restarts: bool

    def run(self, sequence: Sequence) -> Outcome:
        """Empties the consumer's stores, delivers the sequence, and says what is there then."""
        ...


class Bench:
    """Runs sequences, each once, and knows which values differ from run to run."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.runs = 0
        self.noise: Noise = frozenset()
        self._known: dict[Sequence, Outcome] = {}

    def outcome(self, sequence: Sequence) -> Outcome:
        if sequence not in self._known:
            self._known[sequence] = self.afresh(sequence)
        return self._known[sequence]

    def afresh(self, sequence: Sequence) -> Outcome:
        self.runs += 1
        return self.runner.run(sequence)

    def learn(self, first: Outcome, second: Outcome) -> None:
        """Two outcomes of one sequence: what differs is not an outcome of the deliveries."""
        self.noise |= noise_between(first.state, second.state)

    def difference(
        self, one: Sequence, other: Sequence, view: Callable[[State], State] = lambda state: state
    ) -> tuple[str, ...]:
        """What differs in the view of the two outcomes. Both are run again before it is believed.

        A value may change only with the second, the hour or the day, and then looks like an outcome.
        """
        first, second = self.outcome(one), self.outcome(other)
        if not differences(view(first.state), view(second.state), self.noise):
            return ()
        for sequence, known in ((one, first), (other, second)):
            self._known[sequence] = self.afresh(sequence)
            self.learn(known, self._known[sequence])
        left, right = (view(self._known[each].state) for each in (one, other))
        return tuple(shortened(differences(left, right, self.noise)))

    def shortest(self, one: tuple[Message, ...], other: tuple[Message, ...]) -> tuple[Sequence, Sequence]:
        """Two orders of the same messages that end differently, without those that are not needed for it."""
        needed = list(one)
        for message in one:
            fewer = [each for each in needed if each != message]
            if len(fewer) > 1 and self.difference(*_orders_of(fewer, one, other)):
                needed = fewer
        return _orders_of(needed, one, other)


def _orders_of(
    kept: list[Message], one: tuple[Message, ...], other: tuple[Message, ...]
) -> tuple[Sequence, Sequence]:
    first, second = (tuple((each,) for each in order if each in kept) for order in (one, other))
    return first, second
