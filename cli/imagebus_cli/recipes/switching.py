"""Promote a set of recipes: all images show its variants at once. Roll back: promote the set before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from imagebus.bus import EventBus
from imagebus.recipes.model import DIGITS, RecipeSet
from imagebus.recipes.store import DynamoDBRecipes, PromotedMeanwhile, Promotion, UnknownRecipe
from imagebus_cli.output.text import hint
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
        old, new = (each or AS_MADE for each in (self.promotion.from_set, self.promotion.to_set))
        to = "back to" if self.promotion.note == ROLLBACK else "to"
        return f"Switched all images from {old} {to} {new} at {self.promotion.at}"


class NothingBefore(Exception):
    """There is no promotion to roll back."""


#: Instead of a set, before the first promotion.
AS_MADE = "their original recipes"
FIELDS = ("number", "from_set", "to_set", "at", "by", "note")


def step(promotion: Promotion) -> str:
    return f"{promotion.from_set or AS_MADE} -> {promotion.to_set or AS_MADE}"


def is_file(name: str) -> bool:
    """Whether the name is a file's; otherwise it is the id of a set."""
    try:
        return bool(Path(name).suffix) or Path(name).exists()
    except OSError:  # for example: the name is too long
        return True


def backfill_command(name: str) -> str:
    """What to run to prepare the set of this name."""
    if is_file(name):
        return hint(f"imagebus recipe backfill {quote(name)}")
    return hint(f"imagebus recipe export {name} -o {name}.yml && imagebus recipe backfill {name}.yml")


def named(recipes: DynamoDBRecipes, name: str) -> RecipeSet:
    """The set in a file, or the one that the stack knows by this id. Raises Problem."""
    if is_file(name):
        return reading.required(Path(name))
    try:
        return by_id(recipes, name)
    except UnknownRecipe:
        advice = "Name a file, or a set that `imagebus recipe show` lists."
        raise Problem(
            f"There is no file {name}, and the stack has no such set.", advice, exit_code=2
        ) from None


def by_id(recipes: DynamoDBRecipes, set_id: str) -> RecipeSet:
    """Raises UnknownRecipe, also for what DynamoDB would not take as a key."""
    if not re.fullmatch(f"[0-9a-f]{{{DIGITS}}}", set_id):
        raise UnknownRecipe(set_id)
    return recipes.recipe_set(set_id)


def announced(recipes: DynamoDBRecipes, bus: EventBus, table: str) -> Sequence[Promotion]:
    """All promotions, the latest first, after publishing the latest again.

    The command that made it may have been interrupted before it could. Consumers know the event by its id.
    """
    promotions = recipes.promotions()
    bus.publish([each.event(table) for each in promotions[:1]])
    return promotions


def promote(
    recipes: DynamoDBRecipes,
    bus: EventBus,
    table: str,
    seen: Sequence[Promotion],
    to: RecipeSet | None,
    by: str,
    note: str | None = None,
) -> Switch:
    """Raises Problem if anybody promoted after `seen`, the promotions that `announced` gave."""
    try:
        promotion = recipes.promote(to, by, note, seen[0].number if seen else 0)
    except PromotedMeanwhile:
        raise Problem(
            "Somebody else promoted a set in the meantime. Nothing was changed.",
            "See what is active now: imagebus recipe show",
            exit_code=1,
        ) from None
    if promotion is None:
        return Switch(seen[0], changed=False)
    bus.publish([promotion.event(table)])
    return Switch(promotion, changed=True)


def previous(promotions: Sequence[Promotion]) -> str | None:
    """The id of the set that a rollback promotes; `promotions` begin with the latest. None: no set at all.

    A rollback takes back every promotion since its set was active, so the one after it goes further back.
    Raises NothingBefore.
    """
    sets: list[str | None] = [None]
    for each in reversed(promotions):
        if each.note == ROLLBACK and each.to_set in sets:
            while sets[-1] != each.to_set:
                sets.pop()
        else:
            sets.append(each.to_set)
    if len(sets) < 2:
        raise NothingBefore
    return sets[-2]
