"""What must hold at every moment of a run about recipes: which was decided, what it made, what is removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.simulation import rows, wiring
from tests.simulation.coverage import Call
from tests.simulation.facts import Fact, Json, folder_of
from tests.simulation.reference import log_of, takes_place
from tests.simulation.settings import OTHERS, SETS, Settings
from tests.simulation.variants import digest, look, marked, names, pruned, recipe_for, recipe_of, recipes_of

if TYPE_CHECKING:
    from tests.simulation.world import World

SET_OF = {digest(each): each for each in SETS.values()}
RECIPE_OF = {
    digest(recipe): recipe
    for recipe in (
        *(settings.recipe for settings in (Settings(), *OTHERS)),
        *(recipe for each in SETS.values() for recipe in recipes_of(each)),
    )
}
PRUNER = "pruner"


class Promoted:
    """`history`: since when which sets are active, as ids, the latest set first."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.history: list[tuple[float, tuple[str, ...]]] = [(float("-inf"), ())]
        self._retired: set[str] = set()

    def sets_during(self, begin: float, end: float) -> list[Sequence[Json]]:
        """What a reader may have seen in that time, who may use what was active until a second before."""
        begin -= wiring.FRESH + 2 * self._world.weather.skew
        ends = [since for since, _ in self.history[1:]] + [float("inf")]
        return [
            [SET_OF[each] for each in ids]
            for (since, ids), until in zip(self.history, ends, strict=True)
            if since <= end and until >= begin
        ]

    def wrong(self, fact: Fact) -> Iterator[str]:
        """About an event that reached the bus just now."""
        if fact.type == "ImageValidated":
            if fact.data.get("recipe") not in self._decisions(fact):
                yield f"decided for {fact.data.get('recipe')}, which was not active"
            return
        recipe = RECIPE_OF.get(recipe_of(fact) or "")
        if recipe is None:
            if fact.type == "VariantsPruned":
                self._retired.update(fact.data["retired"])
            return
        self._world.seen["pruned fact published again"] += fact.id in self._retired
        if fact.type == "ThumbnailsCreated":
            has = sorted(each["name"] for each in fact.data["items"])
            if has != names(recipe):
                yield f"has {has}, and its recipe {names(recipe)}"
            for each in fact.data["items"]:
                yield from self._wrong_look(each, recipe)
        elif marked(recipe) != (fact.type == "ImageWatermarked"):
            yield "is not what its recipe says about watermarks"

    def _wrong_look(self, named: Json, recipe: Json) -> Iterator[str]:
        """The object shows what the variant of its name asks for, whichever recipe made it first."""
        variant = recipe["variants"][named["name"]]
        stored = self._world.s3.buckets[wiring.IMAGES].keys.get(named["key"])
        looks = tuple(look(variant, each).encode() for each in variant.get("formats", ["source"]))
        if stored and not stored[-1].body.startswith(looks):
            yield f"names {named['key']}, which is not its variant {named['name']}"

    def _decisions(self, fact: Fact) -> set[str]:
        end = self._world.scheduler.seconds
        found: set[str] = set()
        for active in self.sets_during(end - wiring.FUNCTION_TIMEOUT, end):
            if active:
                found.add(digest(recipe_for(active[0], fact.upload[0], fact.data["format"])))
            else:
                found |= {digest(settings.recipe) for settings in self._world.versions}
        return found

    def called(self, call: Call) -> Iterator[str]:
        """A call that AWS has just answered."""
        if call.operation == "put_item":
            self._written(call.request)
        elif call.operation == "transact_write_items":
            for each in call.request["TransactItems"]:
                self._written(each.get("Put", {}))
        elif call.function == PRUNER and call.operation.startswith("delete_object"):
            yield from self._removed(call.request)

    def _written(self, put: Mapping[str, Any]) -> None:
        if put.get("TableName") == wiring.RECIPES and put["Item"]["id"]["S"] == "active":
            sets = tuple(rows.value(put["Item"]["sets"]))
            self.history.append((self._world.scheduler.seconds, sets))

    def _removed(self, request: Mapping[str, Any]) -> Iterator[str]:
        """Nothing may be removed that a fact names, unless an event says that the fact's objects are gone."""
        gone = {each["Key"] for each in request.get("Delete", {}).get("Objects", [request])}
        for image, log in rows.logs(self._world.dynamodb).items():
            newest = log_of(log) if any(map(takes_place, log)) else []
            retired = pruned(newest)
            for fact in newest:
                if fact.id not in retired and image_objects(fact) & gone:
                    yield f"{image}: removed {sorted(image_objects(fact) & gone)}, which {fact.type} names"


def image_objects(fact: Fact) -> set[str]:
    """The objects that the fact names, in the folder of its own revision."""
    found = {each["key"] for each in (*fact.data.get("items", ()), fact.data) if "key" in each}
    return {key for key in found if key.startswith(folder_of(*fact.upload))}
