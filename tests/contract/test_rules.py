"""The event patterns of template.yml deliver to each consumer what it handles, and nothing else."""

from __future__ import annotations

from functools import cache

import pytest

from imagebus.events.catalog import STAGES
from notifier.messages import HANDLED
from tests.contract.checkout import FILES, GOLDEN, ROOT
from tools.contracts.docs import received_table
from tools.contracts.rules import Reach, Rule, bus_rules, reception

LISTENING = {stage.name: set(stage.subscribes) for stage in STAGES if stage.subscribes}


@cache
def table() -> dict[str, dict[str, Reach]]:
    return reception(bus_rules(FILES.template), GOLDEN)


def received(consumer: str) -> set[str]:
    return {detail_type for detail_type, row in table().items() if row[consumer]}


def test_every_listening_stage_has_one_rule_and_every_rule_a_stage() -> None:
    assert sorted(rule.consumer for rule in bus_rules(FILES.template)) == sorted(LISTENING)


@pytest.mark.parametrize("consumer", LISTENING)
def test_a_consumer_receives_exactly_what_the_catalog_says_it_listens_to(consumer: str) -> None:
    assert received(consumer) == LISTENING[consumer]


def test_the_notifier_receives_what_it_has_words_for() -> None:
    assert received("notifier") == set(HANDLED)


def test_a_replay_reaches_the_recorder_and_nobody_else() -> None:
    reached = {consumer for row in table().values() for consumer, found in row.items() if "replayed" in found}
    assert reached == {"recorder"}


def test_the_table_of_who_receives_what_is_printed_in_the_documentation() -> None:
    assert received_table(table()) in (ROOT / "docs" / "events.md").read_text(encoding="utf-8")


def test_a_rule_that_takes_one_example_of_an_event_and_not_another_is_told() -> None:
    only_jpeg = Rule("PickyRule", {"detail": {"data": {"format": ["JPEG"]}}})
    with pytest.raises(ValueError, match="PickyRule takes some ImageValidated and not others"):
        reception([only_jpeg], GOLDEN)
