# ruff: noqa: E501  a line of the source stays one line here
"""Mistakes about recipes, one at least for each of their invariants."""

from __future__ import annotations

from functools import partial

from tests.simulation.mutants import mistake
from tests.simulation.mutants.mistake import Mistake

core = partial(mistake.core, mode="recipes")
service = partial(mistake.service, mode="recipes")
command = partial(mistake.command, mode="recipes")

RECIPES: tuple[Mistake, ...] = (
    service(
        "the validator ignores the active set",
        "validator.rules",
        "active = recipes.active().current",
        "active = recipes.active() and None",
    ),
    core(
        "the first rule fits every upload",
        "recipes.model",
        "next(rule for rule in self.recipes if rule.match.fits(image_key, image_format))",
        "self.recipes[0]",
    ),
    core(
        "what is active is asked for once",
        "recipes.store",
        "if self._active is None or now - self._active[0] >= FRESH:",
        "if self._active is None:",
    ),
    service(
        "the thumbnailer takes the recipe of the parameters",
        "thumbnailer.resize",
        "recipe, source = job.recipe(recipes), job.event.data",
        "recipe, source = recipes.default(), job.event.data",
    ),
    core(
        "a recipe that is half made is shown",
        "history.derived",
        'complete = found.thumbnails and (recipe.watermark == "none" or found.watermarked)',
        "complete = found.thumbnails or found.watermarked",
    ),
    core(
        "the watermarked copy of another recipe is shown",
        "history.derived",
        'other.get("thumbnails", ()), other.get("watermarked"), other.get("still"))',
        'other.get("thumbnails", ()), item.get("watermarked"), other.get("still"))',
    ),
    core(
        "earlier sets are not shown",
        "recipes.model",
        "return (self.current, *self.earlier) if self.current else ()",
        "return (self.current,) if self.current else ()",
    ),
    core(
        "an earlier set is shown first",
        "recipes.model",
        "return (self.current, *self.earlier) if self.current else ()",
        "return (*self.earlier, self.current) if self.current else ()",
    ),
    core(
        "a promotion forgets the sets before it",
        "recipes.store",
        "earlier = [each for each in ids if each not in wanted][:REMEMBERED] if wanted else []",
        "earlier: list[str] = []",
    ),
    core(
        "the last of two promotions wins",
        "recipes.store",
        "self._client.put_item(TableName=self._table, Item=_item(pointer), **condition)",
        "self._client.put_item(TableName=self._table, Item=_item(pointer))",
    ),
    command(
        "an interrupted promotion is never announced",
        "recipes.switching",
        "    bus.publish([each.event(table) for each in promotions[:1]])\n",
        "",
    ),
    core(
        "the facts that were pruned still count",
        "history.derived",
        'pruned = (event for event in distinct if event.detail_type == "VariantsPruned")',
        'pruned = (event for event in distinct if event.detail_type == "VariantsGone")',
    ),
    core(
        "a recipe that was pruned is never made again",
        "recipes.missing",
        "return max(numbers) + 1 if numbers else 0",
        "return 0",
    ),
    core(
        "the stage that is not asked skips nothing",
        "recipes.missing",
        'return ("thumbnailer",) * self.thumbnails + ("watermarker",) * self.watermark',
        'return ("thumbnailer",) * (self.thumbnails or self.watermark)',
    ),
    command(
        "a prune removes what is shown",
        "recipes.pruning",
        "kept = {shown(item, active).recipe, *(each.id for each in wanted)}",
        "kept = {each.id for each in wanted}",
    ),
    command(
        "a prune removes what a backfill prepares",
        "recipes.pruning",
        "sets = [each for each in (active.current, candidate) if each]",
        "sets = [each for each in (active.current,) if each]",
    ),
    command(
        "a prune removes shared objects",
        "recipes.pruning",
        "live = {key for event in facts if event not in over for key in _objects(event)}",
        "live: set[str] = set(); ids = set()",
    ),
    command(
        "a prune does not wait until readers know",
        "recipes.pruning",
        "            self._known(image.image_key, event)\n",
        "",
    ),
    command(
        "a prune that was interrupted is not continued",
        "recipes.pruning",
        "if event.event_id in gone or (retiring and recipe_of[event.event_id] not in kept)",
        "if event.event_id not in gone and retiring and recipe_of[event.event_id] not in kept",
    ),
    command(
        "a prune deletes what no fact named when it began",
        "recipes.pruning",
        "        found = self._waste(self._store.status(image.image_key), log, retiring=False)\n",
        "",
    ),
    service(
        "a failed backfill notifies",
        "notifier.handler",
        "if isinstance(event.data, ProcessingFailed) and is_of_backfill(event.data.as_json()):",
        "if False:",
    ),
    core(
        "what was pruned is outstanding again",
        "history.fold",
        '    if "ImageProcessed" in facts:\n        return "completed", None\n',
        '    if "ImageProcessed" in facts and not outstanding:\n        return "completed", None\n',
    ),
    core(
        "halves of two recipes complete an image",
        "history.fold",
        "others = OF_RECIPES - found.by_recipe.get(found.main, {}).keys()",
        "others: set[str] = set()",
    ),
    command(
        "a backfill makes only thumbnails",
        "recipes.backfilling",
        "event = request(item, log, recipe, self._engine, self._clock)",
        "event = request({**item, 'watermarked': {'recipe': f'{self._engine}/{recipe.id}'}, 'recipe': recipe.id}, log, recipe, self._engine, self._clock)",
    ),
    command(
        "a backfill begins before its set is known",
        "recipes.backfilling",
        "        self._bus.publish([event])\n",
        "        self._bus.publish([event]) if self.progress.asked else None\n",
    ),
    command(
        "an import takes in what has a log",
        "adopt.adopting",
        "            if each.key in there:\n",
        "            if not there:\n",
        mode="imports",
    ),
    core(
        "an import takes in folders",
        "objects",
        '    return key.endswith("/") and size == 0\n',
        "    return False\n",
        mode="imports",
    ),
)
