"""What was derived from an image, by which recipe, and what of it is shown.

A log can hold facts of several recipes. The image was made by one of them: its validator decided which. The
others came with backfills. What is shown follows from the log and the active set of recipes alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imagebus.history.recorded import RecordedEvent
    from imagebus.recipes.model import Active, Recipe

#: Facts of which an image can have several, by different recipes.
OF_RECIPES = frozenset({"ThumbnailsCreated", "ImageWatermarked", "WatermarkSkipped"})

Order = tuple[bool, bool, int, tuple[int, ...]]


def recipe_id(fact: RecordedEvent) -> str | None:
    """The id of the recipe that made the objects of this fact; None from before there were ids.

    `recipe` is the engine's number and the id. Earlier facts have all settings there, joined by slashes.
    """
    parts = str(fact.detail["data"]["recipe"]).split("/")
    return parts[1] if len(parts) == 2 else None


def retired(distinct: Sequence[RecordedEvent]) -> frozenset[str]:
    """The ids of the facts whose objects were pruned."""
    pruned = (event for event in distinct if event.detail_type == "VariantsPruned")
    return frozenset(each for event in pruned for each in event.detail["data"]["retired"])


def preference(distinct: Sequence[RecordedEvent]) -> Callable[[RecordedEvent], Order]:
    """Of two facts of one type, the greater is what the image is shown with until a promotion.

    That is one whose objects are there; then one by the image's own recipe; then the one of the greater
    generation, and of the newer engine. No clock decides: time does only where all of these are equal.
    """
    gone = retired(distinct)
    validated = [event for event in distinct if event.detail_type == "ImageValidated"]
    own = validated[-1].detail["data"].get("recipe") if validated else None

    def order(event: RecordedEvent) -> Order:
        return (event.event_id not in gone, recipe_id(event) == own, *made(event))

    return order


def made(fact: RecordedEvent) -> tuple[int, tuple[int, ...]]:
    """The generation, and the engine's number: 2026-11.3 is (2026, 11, 3)."""
    data = fact.detail["data"]
    return int(data.get("generation") or 0), engine_number(str(data["recipe"]).partition("/")[0])


def engine_number(engine: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d{1,9}", engine)))


def described(distinct: Sequence[RecordedEvent]) -> dict[str, Any]:
    """The fields of a status item about derived images: what the image was made with, and under `derived`
    what other recipes have made of it, by their ids. Pruned objects are in neither."""
    order, gone = preference(distinct), retired(distinct)
    by_recipe: dict[str | None, dict[str, RecordedEvent]] = {}
    for event in distinct:
        if event.detail_type in OF_RECIPES and event.event_id not in gone:
            facts = by_recipe.setdefault(recipe_id(event), {})
            known = facts.get(event.detail_type)
            if known is None or order(event) >= order(known):
                facts[event.detail_type] = event
    if not by_recipe:
        return {}
    base = max(by_recipe, key=lambda recipe: _rank(by_recipe[recipe], order))
    others = {recipe: _objects(facts) for recipe, facts in by_recipe.items() if recipe != base}
    return {
        **_objects(by_recipe[base]),
        "recipe": base,
        # Facts without an id are of the time before backfills, so they are the image's own or pruned.
        "derived": {recipe: others[recipe] for recipe in sorted(filter(None, others))} or None,
    }


def _rank(facts: Mapping[str, RecordedEvent], order: Callable[[RecordedEvent], Order]) -> tuple[Any, ...]:
    thumbnails = facts.get("ThumbnailsCreated")
    # Of recipes that are equal otherwise, the later one; it never comes to the same moment and id.
    best = max(facts.values(), key=lambda fact: (order(fact), fact.precedence))
    return (order(best)[1], thumbnails is not None, order(best), best.precedence)


def _objects(facts: Mapping[str, RecordedEvent]) -> dict[str, Any]:
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
    #: The active set asks for another recipe, and not all of that is there yet.
    outdated: bool = False


def shown(item: Mapping[str, Any], active: Active) -> Shown:
    """What of a status item is shown: what the active set asks for if all of it is there, else what an
    earlier set asked for, else what the image was made with."""
    if active.current is None or "format" not in item:
        return _own(item)
    recipes = [each.recipe_for(item["image_key"], item["format"]) for each in active.in_order]
    complete = (found for recipe in recipes if (found := objects_of(item, recipe)))
    found = next(complete, None) or _own(item)
    return replace(found, outdated=found.recipe != recipes[0].id)


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
