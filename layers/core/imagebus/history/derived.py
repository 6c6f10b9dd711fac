"""What was derived from an image, by which recipe, and what of it is shown.

A log can hold facts of several recipes. The image was made by one of them, which the validator chose. The
others came with backfills. What is shown follows from the log and the active set of recipes alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from imagebus.recipes.model import DIGITS

if TYPE_CHECKING:
    from imagebus.history.recorded import RecordedEvent
    from imagebus.recipes.model import Active, Recipe

#: Facts of which an image can have several, by different recipes.
MARKS = frozenset({"ImageWatermarked", "WatermarkSkipped"})
OF_RECIPES = MARKS | {"ThumbnailsCreated"}

_ID = re.compile(rf"[0-9a-f]{{{DIGITS}}}")

#: The generation and the engine's number.
Order = tuple[int, tuple[int, ...]]
Facts = Mapping[str, "RecordedEvent"]


def recipe_id(fact: RecordedEvent) -> str | None:
    """The id of the recipe that made the objects of this fact; None from before there were ids.

    `recipe` is the engine's number and the id. Earlier facts have all settings there, joined by slashes.
    """
    _, _, rest = str(fact.detail["data"]["recipe"]).partition("/")
    return rest if _ID.fullmatch(rest) else None


def retired(distinct: Sequence[RecordedEvent]) -> frozenset[str]:
    """The ids of the facts whose objects were pruned."""
    pruned = (event for event in distinct if event.detail_type == "VariantsPruned")
    return frozenset(each for event in pruned for each in event.detail["data"]["retired"])


def made(fact: RecordedEvent) -> Order:
    """The generation, and the engine's number: 2026-11.3 is (2026, 11, 3)."""
    data = fact.detail["data"]
    return int(data.get("generation") or 0), engine_number(str(data["recipe"]).partition("/")[0])


def engine_number(engine: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d{1,9}", engine)))


@dataclass(frozen=True, slots=True)
class Derived:
    """The facts that count, by recipe and type. `main` is the recipe that the image was made by or, if
    nothing of that is left, the best of the others."""

    main: str | None
    by_recipe: Mapping[str | None, Facts]


def derived(distinct: Sequence[RecordedEvent]) -> Derived:
    """What recipes have made of the image, without what was pruned.

    No clock decides between recipes. Within one it decides only from before recipes had ids.
    """
    own, gone = own_recipe(distinct), retired(distinct)
    live = [event for event in distinct if event.detail_type in OF_RECIPES and event.event_id not in gone]
    live.sort(key=lambda fact: (recipe_id(fact) == own, made(fact)))  # of equal ones the last stays last
    by_recipe: dict[str | None, dict[str, RecordedEvent]] = {}
    for fact in live:
        by_recipe.setdefault(recipe_id(fact) or own, {})[fact.detail_type] = fact
    validated = next((event.event_id for event in distinct if event.detail_type == "ImageValidated"), None)

    def rank(recipe: str | None) -> tuple[bool, bool, bool, Order, str]:
        facts = by_recipe[recipe]
        # An upload that was validated twice may have been given two recipes: no half of one is shown.
        of_upload = any(fact.meta.get("causation_id") == validated for fact in facts.values())
        whole = of_upload and not MARKS.isdisjoint(facts)
        newest = max(map(made, facts.values()))
        return "ThumbnailsCreated" in facts, whole, recipe == own, newest, recipe or ""

    return Derived(max(by_recipe, key=rank, default=own), by_recipe)


def own_recipe(distinct: Sequence[RecordedEvent]) -> str | None:
    """The recipe that the validator chose; of an image from before it did, that of its first facts."""
    validated = next((event for event in distinct if event.detail_type == "ImageValidated"), None)
    chosen: str | None = validated.detail["data"].get("recipe") if validated else None
    if chosen or validated is None:
        return chosen
    first = [
        (event.detail_type == "ThumbnailsCreated", found)
        for event in distinct
        if event.detail_type in OF_RECIPES
        and event.meta.get("causation_id") == validated.event_id
        and (found := recipe_id(event))
    ]
    return max(first)[1] if first else None


def recipe_of_each(distinct: Sequence[RecordedEvent]) -> dict[str, str | None]:
    """The recipe of each fact, by its id. A fact without a recipe's id is of the image's own recipe:
    the workers may have been upgraded while they were making it."""
    own = own_recipe(distinct)
    facts = (event for event in distinct if event.detail_type in OF_RECIPES)
    return {event.event_id: recipe_id(event) or own for event in facts}


def described(found: Derived) -> dict[str, Any]:
    """The fields of a status item about derived images: what the image was made with, and under `derived`
    what other recipes have made of it, by their ids. Pruned objects are in neither."""
    if not found.by_recipe:
        return {}
    # Facts without an id are from before backfills, so they are the image's own.
    others = {id_: _objects(facts) for id_, facts in found.by_recipe.items() if id_ and id_ != found.main}
    return {
        **_objects(found.by_recipe[found.main]),
        "recipe": found.main,
        "derived": others or None,
    }


def _objects(facts: Facts) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if thumbnails := facts.get("ThumbnailsCreated"):
        data = thumbnails.detail["data"]
        found |= {"thumbnails": data["items"], "still": data.get("still")}
    if watermarked := facts.get("ImageWatermarked"):
        found["watermarked"] = watermarked.detail["data"]
    return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Shown:
    """The derived images that readers see: all of one recipe. `recipe` is its id, None from before there were
    ids. Thumbnails and the watermarked copy are as in the events."""

    recipe: str | None
    thumbnails: Sequence[Mapping[str, Any]] = ()
    watermarked: Mapping[str, Any] | None = None
    still: bool | None = None
    #: Something is shown, but the active set asks for another recipe, and not all of that is there yet.
    outdated: bool = False


def shown(item: Mapping[str, Any], active: Active) -> Shown:
    """What of a status item is shown: what the active set asks for if all of it is there, else what an
    earlier set asked for, else what the image was made with."""
    if active.current is None or "format" not in item:
        return _own(item)
    recipes = [each.recipe_for(item["image_key"], item["format"]) for each in active.in_order]
    complete = (found for recipe in recipes if (found := objects_of(item, recipe)))
    found = next(complete, None) or _own(item)
    return replace(found, outdated=bool(found.thumbnails) and found.recipe != recipes[0].id)


def objects_of(item: Mapping[str, Any], recipe: Recipe) -> Shown | None:
    """What the recipe has made of the image; None if something is missing."""
    found = _own(item)
    if item.get("recipe") != recipe.id:
        other = item.get("derived", {}).get(recipe.id, {})
        found = Shown(recipe.id, other.get("thumbnails", ()), other.get("watermarked"), other.get("still"))
    complete = found.thumbnails and (recipe.watermark == "none" or found.watermarked)
    return found if complete else None


def _own(item: Mapping[str, Any]) -> Shown:
    return Shown(item.get("recipe"), item.get("thumbnails", ()), item.get("watermarked"), item.get("still"))
