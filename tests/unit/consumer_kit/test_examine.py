"""What the kit makes of outcomes: noise, shortest sequences, and what it tries."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from imagebus.events.catalog import BY_DETAIL_TYPE, parse
from imagebus.testing.kit.bench import DEAD, Outcome
from imagebus.testing.kit.deck import as_committed, deck
from imagebus.testing.kit.examine import examine
from imagebus.testing.kit.findings import Report, listed
from imagebus.testing.kit.golden import golden_events
from imagebus.testing.kit.messages import EMPTIED, FRESH, Message, Sequence
from imagebus.testing.kit.state import State, record

NAMES = ["ImageProcessed", "ImageRejected"]


class Scripted:
    """A consumer that leaves what `outcome` makes of the good events. The rest is dead letters."""

    def __init__(self, outcome: Callable[[list[Message]], State], *, restarts: bool = False) -> None:
        self.outcome, self.restarts, self.takes_replays = outcome, restarts, False

    def run(self, sequence: Sequence) -> Outcome:
        emptied = max((at for at, step in enumerate(sequence) if step == EMPTIED), default=-1)
        steps = [step for step in sequence[emptied + 1 :] if step != FRESH]
        messages = [message for step in steps for message in step]
        good = [each for each in messages if each.detail_type and each.version < 2]
        dead = [record(DEAD, each.name, {}) for each in messages if each not in good]
        return Outcome((*self.outcome(good), *dead))


def found(outcome: Callable[[list[Message]], State]) -> Report:
    return examine(Scripted(outcome), NAMES)


def facts(messages: list[Message]) -> list[str]:
    """The ids, each once, in the order of first delivery."""
    return list(dict.fromkeys(each.envelope["detail"]["meta"]["event_id"] for each in messages))


def test_what_does_not_depend_on_the_deliveries_is_ignored() -> None:
    numbers = itertools.count()

    def outcome(messages: list[Message]) -> State:
        return tuple(record("table T", each, {"id": each, "at": next(numbers)}) for each in facts(messages))

    report = found(outcome)
    assert not report.findings, str(report)
    assert report.ignored == ("table T: at",)


def test_generated_keys_are_ignored_but_not_how_many_there_are() -> None:
    numbers = itertools.count()

    def outcome(messages: list[Message]) -> State:
        return tuple(record("table T", str(next(numbers)), {"type": each.detail_type}) for each in messages)

    (finding,) = found(outcome).findings
    assert finding.code == "not-idempotent"
    assert len(finding.shown_by) == 2


def test_a_clock_that_turns_only_now_and_then_is_no_finding() -> None:
    """The first runs all happen in the same hour; a later one does not."""
    runs = itertools.count()

    def outcome(messages: list[Message]) -> State:
        hour = next(runs) // 25
        return tuple(record("table T", each, {"hour": hour}) for each in facts(messages))

    report = found(outcome)
    assert not report.findings, str(report)


def test_three_deliveries_that_are_needed_are_the_ones_that_are_shown() -> None:
    """Wrong only if the newest event comes first, and the oldest last, with another one between them."""

    def outcome(messages: list[Message]) -> State:
        order = facts(messages)
        story = facts(deck(NAMES))
        wrong = order[:1] == story[3:4] and order[-1:] == story[:1] and len(order) > 2
        return (record("table T", "", {"facts": sorted(order), "wrong": wrong}),)

    (finding,) = found(outcome).findings
    assert finding.code == "order-dependent"
    assert finding.instead is not None
    assert len(finding.shown_by) == len(finding.instead) == 3
    assert sorted(listed(finding.shown_by)) == sorted(listed(finding.instead))


def test_what_a_warm_function_remembers_is_found() -> None:
    """It counts the facts that it has ever seen, and a new instance begins again."""
    seen: set[str] = set()

    class Remembering(Scripted):
        def run(self, sequence: Sequence) -> Outcome:
            for step in sequence:
                seen.clear() if step == FRESH else seen.update(message.name for message in step)
            return super().run(sequence)

    def outcome(messages: list[Message]) -> State:
        return tuple(record("table T", each, {"seen": len(seen)}) for each in facts(messages))

    (finding,) = examine(Remembering(outcome, restarts=True), NAMES).findings
    assert finding.code == "memory"
    assert finding.instead is not None
    assert listed(finding.instead)[-1] == listed(finding.shown_by)[-1]
    assert len(finding.instead) == 2


def test_an_old_fact_again_after_a_newer_one_is_tried_too() -> None:
    """It remembers the last fact alone."""

    def outcome(messages: list[Message]) -> State:
        ids = [each.envelope["detail"]["meta"]["event_id"] for each in messages]
        handled = [one for one, last in zip(ids, ["", *ids], strict=False) if one != last]
        return (record("table T", "", {"handled": len(handled)}),)

    (finding,) = found(outcome).findings
    assert finding.code == "not-idempotent"
    assert [name.endswith("again") for (name,) in listed(finding.shown_by)] == [False, False, True]


def test_every_event_of_the_deck_is_valid_and_each_type_is_about_two_uploads() -> None:
    story = deck(list(BY_DETAIL_TYPE))
    for message in story:
        parse(message.detail_type, message.envelope["detail"])
    for name in BY_DETAIL_TYPE:
        ids = {each.envelope["detail"]["meta"]["event_id"] for each in story if each.detail_type == name}
        assert len(ids) >= 2, name
    assert {each.version for each in story if each.detail_type == "LabelsDetected"} == {1, 2}


def test_every_golden_event_is_delivered() -> None:
    assert len(as_committed(list(BY_DETAIL_TYPE))) == len(golden_events())
