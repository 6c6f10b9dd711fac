"""What must hold at every moment of a run about recipes: which was decided, what it made, what is removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.simulation import rows, wiring
from tests.simulation.coverage import Call
from tests.simulation.facts import Fact, Json, folder_of
from tests.simulation.reference import log_of, takes_place
from tests.simulation.settings import OTHERS, SETS, Settings
from tests.simulation.variants import (
    derived,
    digest,
    is_whole,
    look,
    made,
    marked,
    names,
    pruned,
    recipe_for,
    recipe_of,
    recipes_of,
    shown,
)

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
        self.candidates: list[tuple[float, str]] = []
        self.retired: set[str] = set()

    def sets_during(self, begin: float, end: float) -> list[Sequence[Json]]:
        """What a reader may have seen in that time, who may use what was active until a second before."""
        begin -= wiring.FRESH
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
            if fact.type == "ImageProcessed":
                yield from self._halves(fact)
            if fact.type == "VariantsPruned":
                yield from self._hidden(fact)
                self.retired.update(fact.data["retired"])
            return
        self._world.seen["pruned fact published again"] += fact.id in self.retired
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

    def _halves(self, processed: Fact) -> Iterator[str]:
        log = self._log(processed.upload[0])
        made_now = derived(log)
        recipe = RECIPE_OF.get(made_now["recipe"] or "")
        if self._world.watch.are_gone(processed.upload, log):
            return
        if (
            recipe
            and log[0].upload == processed.upload
            and not pruned(log)
            and not is_whole(made_now, recipe)
        ):
            yield f"announced with a part of what recipe {made_now['recipe']} asks for"

    def _hidden(self, prune: Fact) -> Iterator[str]:
        """A prune changes nothing that anybody sees, and leaves alone what a backfill prepares."""
        log = self._log(prune.upload[0])
        if not log or prune.upload != log[0].upload:
            return
        before, after = ({**_shape(log), **derived(facts)} for facts in (log, [*log, prune]))
        end = self._world.scheduler.seconds
        moments = self.sets_during(end - wiring.FUNCTION_TIMEOUT, end)
        if not any(shown(before, sets) == shown(after, sets) for sets in moments):
            yield f"hides what {shown(before, moments[-1])} has made, and that is shown"
        if "format" in before and all(
            each and self._retires(prune, log, recipe_for(SET_OF[each], prune.upload[0], before["format"]))
            for each in self._candidates(end - wiring.FUNCTION_TIMEOUT)
        ):
            yield "retires what a backfill prepares"

    @staticmethod
    def _retires(prune: Fact, log: list[Fact], recipe: Json) -> bool:
        wanted = digest(recipe)
        return bool(made(log).get(wanted, {}).keys() - made([*log, prune]).get(wanted, {}).keys())

    def _candidates(self, since: float) -> list[str]:
        """The sets that backfills were preparing at some time since then; empty if there was none."""
        before = [each for at, each in self.candidates if at <= since]
        return [before[-1] if before else "", *(each for at, each in self.candidates if at > since)]

    def _log(self, key: str) -> list[Fact]:
        facts = rows.logs(self._world.dynamodb).get(key, [])
        return log_of(facts) if any(map(takes_place, facts)) else []

    def called(self, call: Call) -> Iterator[str]:
        """A call that AWS has just answered."""
        if call.operation == "put_item":
            yield from self._written(call.request)
        elif call.function == PRUNER and call.operation.startswith("delete_object"):
            yield from self._removed(call.request)

    def _written(self, put: Mapping[str, Any]) -> Iterator[str]:
        if put["TableName"] != wiring.RECIPES:
            return
        row = rows.value({"M": put["Item"]})
        if row["id"] == "candidate":
            self.candidates.append((self._world.scheduler.seconds, row["sets"][0]))
        if row["id"] != "active":
            return
        if row["number"] != len(self.history):
            yield f"promotion {row['number']:.0f} is number {len(self.history)}"
        first, earlier = row["sets"][:1], row["sets"][1:]
        before = [each for each in self.history[-1][1] if each not in first] if first else []
        if earlier != before[: wiring.REMEMBERED]:
            yield f"after a promotion the earlier sets are {earlier}, not {before}"
        self.history.append((self._world.scheduler.seconds, tuple(row["sets"])))

    def _removed(self, request: Mapping[str, Any]) -> Iterator[str]:
        """Nothing may be removed that a fact names, unless an event says that the fact's objects are gone."""
        gone = {each["Key"] for each in request.get("Delete", {}).get("Objects", [request])}
        for image in rows.statuses(self._world.dynamodb):
            log = self._log(image)
            retired = pruned(log)
            for fact in log:
                if fact.id not in retired and image_objects(fact) & gone:
                    yield f"{image}: removed {sorted(image_objects(fact) & gone)}, which {fact.type} names"


def _shape(log: Sequence[Fact]) -> Json:
    """What decides which recipe an image has."""
    validated = [fact for fact in log if fact.type == "ImageValidated"]
    return {"image_key": log[0].upload[0]} | ({"format": validated[0].data["format"]} if validated else {})


def image_objects(fact: Fact) -> set[str]:
    """The objects that the fact names, in the folder of its own revision."""
    found = {each["key"] for each in (*fact.data.get("items", ()), fact.data) if "key" in each}
    return {key for key in found if key.startswith(folder_of(*fact.upload))}
