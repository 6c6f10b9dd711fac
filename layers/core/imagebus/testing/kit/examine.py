"""Examines a consumer: the same deliveries in other orders, again, replayed, newer, with poison."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Several

from imagebus.testing.kit.bench import DEAD, LEFT, Bench, Outcome, Runner
from imagebus.testing.kit.deck import as_committed, deck, newest_version
from imagebus.testing.kit.findings import Finding, Report
from imagebus.testing.kit.messages import (
    EMPTIED,
    FRESH,
    POISON,
    Message,
    Sequence,
    again,
    of_newer_version,
    replayed,
    singly,
    with_unknown_fields,
)
from imagebus.testing.kit.orders import orders, pairs
from imagebus.testing.kit.state import (
    Record,
    State,
    differences,
    elsewhere,
    shortened,
    without_unknown_field,
)

Say = Callable[[str], None]


def examine(
    runner: Runner,
    detail_types: Several[str],
    *,
    seed: int = 1,
    most_orders: int = 200,
    change: Callable[[Message], Message] = lambda message: message,
    say: Say = lambda _text: None,
) -> Report:
    """Everything that the kit can find. `most_orders`: how many orders of all events are tried.

    `change` fits an event to what the runner has prepared, such as real version ids. Raises KeyError for a
    type that is not in the catalog.
    """
    messages = [change(each) for each in deck(detail_types)]
    return Examination(Bench(runner), messages, as_committed(detail_types), seed, most_orders, say).report()


class Examination:
    def __init__(
        self,
        bench: Bench,
        messages: list[Message],
        golden: list[Message],
        seed: int,
        most_orders: int,
        say: Say,
    ) -> None:
        self._bench, self._golden, self._seed, self._orders, self._say = bench, golden, seed, most_orders, say
        self._good = messages
        self._found: dict[str, Finding] = {}

    def report(self) -> Report:
        if self._works() and self._is_stable():
            for check in (
                self._check_handled,
                self._check_duplicates,
                self._check_orders,
                self._check_late_duplicates,
                self._check_unknown_fields,
                self._check_newer_versions,
                self._check_replays,
                self._check_poison,
                self._check_batches,
            ):
                self._say(check.__name__.removeprefix("_check_").replace("_", " "))
                if self._good:
                    check()
        ignored = sorted(f"{place}: {path}" for place, path in self._bench.noise)
        return Report(tuple(self._found.values()), self._bench.runs, self._seed, tuple(ignored))

    def _add(self, finding: Finding, message: Message | None = None) -> None:
        """The first of each code; another event's is only named."""
        first = self._found.setdefault(finding.code, finding)
        if first is not finding and message is not None and message.name not in first.also:
            also = (*first.also, message.name)
            self._found[finding.code] = Finding(
                first.code, first.shown_by, first.instead, first.differences, also
            )

    def _compare(
        self, code: str, one: Sequence, other: Sequence, view: Callable[[State], State] = lambda state: state
    ) -> bool:
        if difference := self._bench.difference(one, other, view):
            self._add(Finding(code, other, one, difference), other[-1][-1])
        return bool(difference)

    # --- the checks ---

    @property
    def _new(self) -> Sequence:
        return (FRESH,) if self._bench.runner.restarts else ()

    def _works(self) -> bool:
        """Whether it handles any event at all: one that does not even start need not be tested further."""
        outcome = self._bench.outcome((*self._new, *singly(self._good[0])))
        if not self._dead(outcome):
            return True
        outcome = self._bench.outcome(singly(*self._newest_of_each_type()))
        if len(self._dead(outcome)) < len(self._newest_of_each_type()):
            return True
        for message in self._newest_of_each_type():
            self._add(Finding("fails", singly(message), None, _said(outcome)), message)
        return False

    def _is_stable(self) -> bool:
        """The same twice leaves the same, but for noise; and what came before is not remembered."""
        one, everything = singly(self._good[0]), singly(*self._good)
        restarts, new = self._bench.runner.restarts, self._new
        expected = self._bench.outcome((*new, *one))  # the first run: nothing can be remembered yet
        if not self._is_repeatable("unstable" if restarts else "memory", (*new, *everything)):
            return False
        for before in (one, everything):
            sequence = (*new, *before, EMPTIED, *one)
            warm = self._bench.outcome(sequence)
            self._bench.learn(warm, self._bench.afresh(sequence))
            difference = differences(expected.state, warm.state, self._bench.noise)
            if difference and restarts:  # before it is believed, as Bench.difference does
                self._bench.learn(expected, self._bench.afresh((*new, *one)))
                difference = differences(expected.state, warm.state, self._bench.noise)
            if difference:
                self._add(Finding("memory", sequence, (*new, *one), tuple(shortened(difference))))
                return False
        return True

    def _is_repeatable(self, code: str, sequence: Sequence) -> bool:
        first, second = self._bench.outcome(sequence), self._bench.afresh(sequence)
        self._bench.learn(first, second)
        if difference := differences(first.state, second.state, self._bench.noise):
            self._add(Finding(code, sequence, sequence, tuple(shortened(difference))))
        return not difference

    def _check_handled(self) -> None:
        """Every event alone, and every golden event as it is committed."""
        failed = self._dead(self._bench.outcome(singly(*self._good)))
        for at, message in enumerate(self._good):
            if message.name in failed:
                self._fails(message, self._good[:at])
        self._good = [each for each in self._good if each.name not in failed]
        failed = self._dead(self._bench.outcome(singly(*self._golden)))
        for message in [each for each in self._golden if each.name in failed]:
            self._fails(message)

    def _fails(self, message: Message, earlier: Several[Message] = ()) -> None:
        """It fails alone, after one other event, or only after all that came earlier."""
        tries = [singly(message), *(singly(each, message) for each in earlier)]
        shown_by = next(
            (each for each in tries if message.name in self._dead(self._bench.outcome(each))),
            singly(*earlier, message),
        )
        version = message.envelope["detail"]["meta"]["schema_version"]
        is_old = version < newest_version(message.detail_type)
        said = _said(self._bench.outcome(shown_by))
        self._add(Finding("old-version" if is_old else "fails", shown_by, None, said), message)

    def _check_duplicates(self) -> None:
        for message in self._good:
            self._compare("not-idempotent", singly(message), singly(message, again(message)))
        if "not-idempotent" in self._found:
            return
        for message in self._first_of_each_type():
            self._compare("not-idempotent", singly(message), ((message, again(message)),))
        for message in self._first_of_each_type()[:1] if self._bench.runner.restarts else ():
            twice = (*singly(message), FRESH, *singly(again(message)))
            self._compare("not-idempotent", singly(message), twice)

    def _check_orders(self) -> None:
        """Pairs about one image first: if two are enough, no longer sequence is needed."""
        for one, other in pairs(self._good)[: self._orders]:
            if self._compare("order-dependent", singly(one, other), singly(other, one)):
                return
        everything = tuple(self._good)
        for order in orders(everything, self._orders, self._seed):
            if self._bench.difference(singly(*everything), singly(*order)):
                self._compare("order-dependent", *self._bench.shortest(everything, order))
                return

    def _check_late_duplicates(self) -> None:
        """An old fact again, after a newer one. Where order matters at all, that has been reported."""
        if self._found.keys() & {"order-dependent", "not-idempotent"}:
            return
        for one, other in pairs(self._good)[: self._orders]:
            if one.detail_type == other.detail_type:
                self._compare("not-idempotent", singly(one, other), singly(one, other, again(one)))

    def _check_unknown_fields(self) -> None:
        for message in self._newest_of_each_type():
            richer = singly(with_unknown_fields(message))
            self._compare("unknown-field", singly(message), richer, _without_the_addition)

    def _check_newer_versions(self) -> None:
        """It has to fail, and leave nothing but a dead letter."""
        for message in self._newest_of_each_type():
            newer = of_newer_version(message, newest_version(message.detail_type))
            outcome = self._bench.outcome(singly(newer))
            if difference := self._bench.difference((), singly(newer), _without_letters):
                self._add(Finding("newer-version", singly(newer), (), difference), newer)
            elif not outcome.names(DEAD) | outcome.names(LEFT):
                said = "It is neither handled nor a dead letter."
                self._add(Finding("newer-version", singly(newer), None, (said,)), newer)

    def _check_replays(self) -> None:
        if not self._bench.runner.takes_replays:
            return
        for message in self._good:
            alone = self._bench.outcome(singly(replayed(message)))
            if alone.sent:
                said = f"It sends to {', '.join(sorted({each.place for each in alone.sent}))}."
                self._add(Finding("replays", singly(replayed(message)), None, (said,)), message)
            if "not-idempotent" not in self._found:
                self._compare("replays", singly(message), singly(message, replayed(message)))

    def _check_poison(self) -> None:
        for poison in POISON:
            outcome = self._bench.outcome(singly(poison))
            if outcome.names(DEAD):
                continue
            said = "It is neither handled nor a dead letter."
            if outcome.names(LEFT):
                said = "It stays in the inbox until it expires: the inbox has no dead letters."
            self._add(Finding("loses-poison", singly(poison), None, (said,)), poison)

    def _check_batches(self) -> None:
        """Poison among good messages, then good ones alone, each against the same one by one."""
        one, other = self._good[0], self._good[-1]
        apart = singly(one, other)
        for poison in POISON:
            together: Sequence = ((one, poison, other),)
            outcome = self._bench.outcome(together)
            lost = sorted((outcome.names(DEAD) | outcome.names(LEFT)) & {one.name, other.name})
            if lost:
                letters = tuple(f"{name} becomes a dead letter too." for name in lost)
                self._add(Finding("loses-batch", together, None, letters), poison)
            else:
                self._compare("loses-batch", apart, together, _without_letters)
        if one != other:
            self._compare("loses-batch", apart, ((one, other),))
        if "order-dependent" not in self._found:
            self._compare("loses-batch", singly(*self._good), (tuple(self._good),))

    # --- what they deliver ---

    def _dead(self, outcome: Outcome) -> set[str]:
        return outcome.names(DEAD) | outcome.names(LEFT)

    def _first_of_each_type(self) -> list[Message]:
        return list({each.detail_type: each for each in reversed(self._good)}.values())

    def _newest_of_each_type(self) -> list[Message]:
        newest = {each.detail_type: each for each in self._good}
        return list(newest.values())


def _said(outcome: Outcome) -> tuple[str, ...]:
    return (f"It says: {outcome.error}",) if outcome.error else ()


def _without_letters(state: State) -> State:
    return elsewhere(state, (DEAD, LEFT))


def _without_the_addition(state: State) -> State:
    """The richer message has another name, which a dead letter shows."""
    letters = (each for each in state if each.place in (DEAD, LEFT))
    named_alike = (Record(each.place, "a message", {}) for each in letters)
    return (*without_unknown_field(_without_letters(state)), *named_alike)
