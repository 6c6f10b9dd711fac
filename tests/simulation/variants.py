"""What a recipe asks for, and which recipe's images are shown: the model's part about recipes.

Recipes and sets are plain JSON here, without what has its default value.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.simulation.facts import Fact, Json

#: Of which an image can have several, by different recipes.
OF_RECIPES = ("ThumbnailsCreated", "ImageWatermarked", "WatermarkSkipped")
#: Either of them ends the watermarker's work.
MARKS = {"ImageWatermarked", "WatermarkSkipped"}


def digest(content: Any) -> str:
    """The id of a recipe or a set: see docs/adr/0024-variants.md."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def recipes_of(recipe_set: Json) -> list[Json]:
    """Without names and matches, which are not a part of a recipe."""
    return [
        {name: value for name, value in rule.items() if name in ("variants", "watermark")}
        for rule in recipe_set["recipes"]
    ]


def recipe_for(recipe_set: Json, key: str, image_format: str) -> Json:
    """By the first rule that fits."""
    for rule, recipe in zip(recipe_set["recipes"], recipes_of(recipe_set), strict=True):
        match = rule.get("match", {})
        formats = match.get("formats", [image_format.lower()])
        if key.startswith(match.get("prefix", "")) and image_format.lower() in formats:
            return recipe
    raise AssertionError("the last rule fits every image")


def names(recipe: Json) -> list[str]:
    """The thumbnails of an image, by variant: as often as the variant has formats."""
    return sorted(
        name for name, variant in recipe["variants"].items() for _ in variant.get("formats", ["source"])
    )


def look(variant: Json, output_format: str) -> str:
    """How the stand-in for pixels shows the variant, up to the faces that it may focus on."""
    settings = {name: value for name, value in variant.items() if name != "formats"}
    return f"{json.dumps(settings, sort_keys=True)} {output_format}"


def marked(recipe: Json) -> bool:
    return bool(recipe.get("watermark", "none") != "none")


def is_whole(made: Mapping[str, Any], recipe: Json) -> bool:
    """Whether these thumbnails and this watermarked copy are what the recipe asks for, and nothing else."""
    has = sorted(each["name"] for each in made.get("thumbnails", ()))
    return has == names(recipe) and bool(made.get("watermarked")) == marked(recipe)


def shown(item: Mapping[str, Any], active: Sequence[Json]) -> str | None:
    """The id of the recipe whose images a reader sees; `active` are the promoted sets, the latest first."""
    there = (item.get("derived") or {}) | {item.get("recipe"): item}
    for recipe_set in active if "format" in item else ():
        recipe = recipe_for(recipe_set, item["image_key"], item["format"])
        found = there.get(digest(recipe), {})
        if is_whole(found, recipe):
            return digest(recipe)
    return item.get("recipe")


def derived(log: Sequence[Fact]) -> Json:
    """What the image was made with, and what other recipes have made of it."""
    there, main = made(log), base(log)
    others = {recipe: _objects(facts) for recipe, facts in there.items() if recipe != main}
    return {"recipe": main, "derived": others or None} | _objects(there.get(main or "", {}))


def _objects(facts: Mapping[str, Fact]) -> Json:
    found: Json = {}
    if thumbnails := facts.get("ThumbnailsCreated"):
        found = {"thumbnails": thumbnails.data["items"], "still": thumbnails.data.get("still")}
    if watermarked := facts.get("ImageWatermarked"):
        found["watermarked"] = watermarked.data
    return {name: value for name, value in found.items() if value is not None}


def newest(log: Sequence[Fact]) -> dict[str, Fact]:
    """Of each type the last fact; of several recipes' facts, those of the recipe that it was made by."""
    ours = made(log).get(base(log) or "", {})
    found = {fact.type: fact for fact in sorted(log, key=lambda fact: (fact.at, fact.text))}
    if not MARKS.isdisjoint(ours):
        found = {kind: fact for kind, fact in found.items() if kind not in MARKS}
    return found | ours


def counting(log: Sequence[Fact]) -> set[str]:
    """The types of facts that count towards completion. What two recipes made half each is not complete."""
    ours = made(log).get(base(log) or "", {})
    return {fact.type for fact in log if fact.type not in OF_RECIPES} | ours.keys()


def newness(fact: Fact) -> tuple[Any, ...]:
    """Of two facts by one recipe. Engines' numbers are of one length here, so text sorts them."""
    if fact.type not in OF_RECIPES:
        return 0, "", fact.at, fact.text
    return fact.data.get("generation") or 0, fact.data["recipe"].partition("/")[0], fact.at, fact.text


def recipe_of(fact: Fact) -> str | None:
    """The id of the recipe that made the fact's objects."""
    return str(fact.data["recipe"]).rpartition("/")[2] if fact.type in OF_RECIPES else None


def own_recipe(log: Sequence[Fact]) -> str | None:
    """What the validator decided."""
    return next((fact.data.get("recipe") for fact in log if fact.type == "ImageValidated"), None)


def pruned(log: Iterable[Fact]) -> set[str]:
    """The ids of the facts whose objects were removed."""
    return {event for fact in log if fact.type == "VariantsPruned" for event in fact.data["retired"]}


def made(log: Iterable[Fact]) -> dict[str, dict[str, Fact]]:
    """What is there, by recipe and type."""
    log = list(log)
    gone, found = pruned(log), dict[str, dict[str, Fact]]()
    for fact in sorted(log, key=newness):
        recipe = recipe_of(fact)
        if recipe and fact.id not in gone:
            found.setdefault(recipe, {})[fact.type] = fact
    return found


def base(log: Sequence[Fact]) -> str | None:
    """The image's own recipe; if nothing of that is there, the most often used of the others."""
    there, own = made(log), own_recipe(log)
    if not there:
        return None
    validated = next((fact.id for fact in log if fact.type == "ImageValidated"), "")
    live = {
        recipe
        for recipe, facts in there.items()
        if any(fact.meta.get("causation_id") == validated for fact in facts.values())
    }
    return max(
        there,
        key=lambda each: (
            "ThumbnailsCreated" in there[each],
            each in live and not MARKS.isdisjoint(there[each]),
            each == own,
            max(newness(fact)[:2] for fact in there[each].values()),
            each,
        ),
    )
