"""To which set a rollback goes back, after any history of promotions."""

from __future__ import annotations

import pytest

from imagebus.recipes.store import Promotion
from imagebus_cli.recipes import switching


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        ("a", None),
        ("ab", "a"),
        ("abc", "b"),
        ("abc<b", "a"),
        ("abc<b<a", None),
        ("ab<ac", "a"),
        ("aba", "b"),
        ("ab<ab", "a"),
        ("abc<a", None),  # c was promoted while somebody rolled back from b
        ("abc<ad", "a"),
    ],
)
def test_what_a_rollback_takes_back(sets: str, expected: str | None):
    """`<` is a rollback, `-` no set."""
    assert switching.previous(promotions(sets)) == expected


@pytest.mark.parametrize("sets", ["", "a<-", "ab<a<-", "a<-b<-", "abc<a<-"])
def test_nothing_is_before_the_first_promotion(sets: str):
    with pytest.raises(switching.NothingBefore):
        switching.previous(promotions(sets))


def promotions(sets: str) -> list[Promotion]:
    found, note = list[Promotion](), None
    for each in sets:
        if each == "<":
            note = switching.ROLLBACK
            continue
        found.insert(0, Promotion(len(found) + 1, None, None if each == "-" else each, "", "", note))
        note = None
    return found
