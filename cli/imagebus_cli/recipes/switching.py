"""Promote a set of recipes: all images show its variants at once. Roll back: promote the set before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagebus.bus import EventBus
from imagebus.recipes.model import RecipeSet
from imagebus.recipes.store import DynamoDBRecipes, PromotedMeanwhile, Promotion, UnknownRecipe
from imagebus_cli.problem import Problem
from imagebus_cli.recipes import reading

#: The note of a promotion that goes back.
ROLLBACK = "rollback"


@dataclass(frozen=True)
class Switch:
    """`changed` is False if the set was active already."""

    promotion: Promotion
    changed: bool

    def document(self) -> dict[str, Any]:
        return {"changed": self.changed, **{name: getattr(self.promotion, name) for name in FIELDS}}

    def line(self) -> str:
        if not self.changed:
            return f"{self.promotion.to_set} is active already, since {self.promotion.at}"
        return f"{step(self.promotion)}: all images, at {self.promotion.at}"


class NothingBefore(Exception):
    """There is no promotion to take back."""


#: Instead of a set, before the first promotion.
AS_MADE = "what they were made with"
FIELDS = ("number", "from_set", "to_set", "at", "by", "note")


def step(promotion: Promotion) -> str:
    return f"{promotion.from_set or AS_MADE} -> {promotion.to_set or AS_MADE}"


def named(recipes: DynamoDBRecipes, name: str) -> RecipeSet:
    """The set in a file, or the one that the stack knows by this id. Raises Problem."""
    if Path(name).suffix or Path(name).exists():
        return reading.required(Path(name))
    try:
        return recipes.recipe_set(name)
    except UnknownRecipe:
        advice = "Name a file, or a set that `imagebus recipe show` lists."
        raise Problem(
            f"There is no file {name}, and the stack knows no such set.", advice, exit_code=2
        ) from None


def promote(
    recipes: DynamoDBRecipes,
    bus: EventBus,
    table: str,
    to: RecipeSet | None,
    by: str,
    note: str | None = None,
) -> Switch:
    """Raises Problem if somebody else promoted meanwhile.

    If the set is active already, its event is published again: the last promotion may have been interrupted
    before it could. Consumers know the event by its id.
    """
    try:
        promotion = recipes.promote(to, by, note)
    except PromotedMeanwhile:
        raise Problem(
            "Somebody else promoted a set at this moment. Nothing was changed.",
            "Look at it, and decide again: imagebus recipe show",
            exit_code=1,
        ) from None
    latest = promotion or recipes.promotions()[0]
    bus.publish([latest.event(table)])
    return Switch(latest, promotion is not None)


def previous(promotions: Sequence[Promotion]) -> str | None:
    """The id of the set that a rollback promotes; `promotions` begin with the latest. None: no set at all.

    A rollback takes back a promotion, so the one after it takes back the promotion before. Raises
    NothingBefore.
    """
    sets: list[str | None] = [None]
    for each in reversed(promotions):
        if each.note == ROLLBACK and len(sets) > 1:
            sets.pop()
        else:
            sets.append(each.to_set)
    if len(sets) < 2:
        raise NothingBefore
    return sets[-2]
