"""What is shown is a pure function of the log and the active sets, and always of one recipe."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from imagebus.events import Event
from imagebus.history.derived import OF_RECIPES, Shown, own_recipe, recipe_of_each, retired, shown
from imagebus.history.fold import canonical, fold
from imagebus.history.recorded import RecordedEvent, known_at, latest_revision
from imagebus.history.view import details
from imagebus.identity import revision
from imagebus.recipes.missing import request
from imagebus.recipes.model import Active, Recipe, RecipeSet
from imagebus.recipes.store import DynamoDBRecipes
from imagebus.testing import InMemoryDynamoDB, ManualClock
from imagebus.testing.dynamodb import Table
from tests.unit.core.events import FIRST, failure
from tests.unit.history.variants import (
    CARD,
    ENGINE,
    PAGE,
    RECIPES,
    REQUIRED,
    SETS,
    backfilled,
    completed,
    deleted,
    facts,
    processed,
    pruned,
    uploaded,
    validated,
)


def item_of(log: list[RecordedEvent]) -> dict[str, Any]:
    return fold(log, REQUIRED)


def with_backfill(log: list[RecordedEvent], recipe: Recipe, **more: Any) -> list[RecordedEvent]:
    clock = ManualClock()
    clock.advance(1000)
    return [*log, *backfilled(item_of(log), log, recipe, clock, **more)]


def without(log: list[RecordedEvent], detail_type: str, recipe: Recipe) -> list[RecordedEvent]:
    return [
        event
        for event in log
        if event.detail_type != detail_type or not event.detail["data"]["recipe"].endswith(recipe.id)
    ]


def check(log: list[RecordedEvent], active: Active) -> None:
    """What holds of every log."""
    item, newest = item_of(log), latest_revision(log)
    found = shown(item, active)
    recipes, gone = recipe_of_each(newest), retired(newest)
    named = {
        each["key"]
        for event in newest
        if event.detail_type in OF_RECIPES
        and event.event_id not in gone
        and recipes[event.event_id] == found.recipe
        for each in event.detail["data"].get("items", [event.detail["data"]])
        if "key" in each
    }
    seen = {each["key"] for each in found.thumbnails} | {each["key"] for each in [found.watermarked] if each}
    assert seen <= named
    if active.current and "format" in item:
        wanted = active.current.recipe_for(item["image_key"], item["format"])
        assert found.outdated == (bool(found.thumbnails) and found.recipe != wanted.id)
    assert canonical(item_of([*reversed(log), log[0]])) == canonical(item)


class Story(RuleBasedStateMachine):
    """Uploads, deletions, backfills, prunes, promotions and rollbacks; facts arrive late, twice or never."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        client: Any = InMemoryDynamoDB({"r": Table("id")})
        self.recipes = DynamoDBRecipes(client, "r", self.clock)
        self.log: list[RecordedEvent] = []
        self.coming: list[RecordedEvent] = []
        self.number = 0
        self.candidate: RecipeSet | None = None

    def later(self, *events: Event[Any]) -> None:
        self.coming += map(RecordedEvent.from_event, events)

    @property
    def item(self) -> dict[str, Any]:
        return item_of(self.log)

    @initialize(recipe=st.sampled_from(RECIPES))
    def first(self, recipe: Recipe) -> None:
        self.number += 1
        self.log += completed(revision(f"{self.number:010X}"), recipe, self.clock)

    @rule(number=st.integers(0, 10**6))
    @precondition(lambda self: self.coming)
    def arrives(self, number: int) -> None:
        self.log.append(self.coming.pop(number % len(self.coming)))

    @rule(number=st.integers(0, 10**6))
    def again(self, number: int) -> None:
        self.log.append(self.log[number % len(self.log)])

    @rule(recipe=st.sampled_from([*RECIPES, None]))
    def upload(self, recipe: Recipe | None) -> None:
        self.number += 1
        rev = revision(f"{self.number:010X}")
        cause = validated(rev, recipe, self.clock)
        made = facts(cause, recipe or RECIPES[0], self.clock)
        self.later(uploaded(rev, self.clock), cause, *made, processed(cause, self.clock))

    @rule()
    def delete(self) -> None:
        self.number += 1
        self.later(deleted(revision(f"{self.number:010X}"), self.clock))

    @rule(recipes=st.sampled_from(SETS), engine=st.sampled_from([ENGINE, "2026-11.10"]))
    def backfill(self, recipes: RecipeSet, engine: str) -> None:
        self.candidate = recipes
        log = latest_revision(self.log)
        recipe = recipes.recipes[0].recipe
        asked = request(self.item, log, recipe, engine, self.clock)
        if asked:
            self.later(asked, *facts(asked, recipe, self.clock, engine))

    @rule()
    def prune(self) -> None:
        log, item = latest_revision(self.log), self.item
        sets = [each for each in (self.recipes.active().current, self.candidate) if each]
        kept = {shown(item, self.recipes.active()).recipe, *(each.recipes[0].recipe.id for each in sets)}
        over = [event for event, recipe in recipe_of_each(log).items() if recipe not in kept]
        first = [event for event in log if event.detail_type == "ImageValidated"]
        if over and first and item["status"] == "completed":
            before = shown(item, self.recipes.active())
            cause = validated(first[0].revision, None, self.clock)
            self.log.append(RecordedEvent.from_event(pruned(cause, over, self.clock)))
            assert shown(self.item, self.recipes.active()) == before, "a prune changes what is shown"

    @rule(recipes=st.sampled_from(SETS))
    def promote(self, recipes: RecipeSet) -> None:
        item = self.item
        self.recipes.promote(recipes, "kim")
        assert item == self.item

    @rule()
    def rollback(self) -> None:
        made = self.recipes.promotions()
        if made and made[0].from_set:
            before = shown(self.item, Active(*self.sets_before()))
            self.recipes.promote(self.recipes.recipe_set(made[0].from_set), "kim")
            now = shown(self.item, self.recipes.active())
            if not before.outdated:
                assert now == before, "a rollback shows what was shown before"

    def sets_before(self) -> tuple[RecipeSet, tuple[RecipeSet, ...]]:
        last = self.recipes.promotions()[0]
        return self.recipes.recipe_set(last.from_set or ""), ()

    @rule(seconds=st.integers(0, 3))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @invariant()
    def holds(self) -> None:
        if self.log:
            check(self.log, self.recipes.active())


Story.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestStory = Story.TestCase


def many_recipes(*over: Recipe) -> list[RecordedEvent]:
    """An image that four backfills have followed, one of them by a newer engine; some of it was pruned."""
    log = completed(FIRST, RECIPES[0], ManualClock())
    for recipe in RECIPES[1:]:
        log = with_backfill(log, recipe)
    log = with_backfill(log, RECIPES[2], engine="2026-11.10")
    ids = {recipe.id for recipe in over}
    retire = [event for event, recipe in recipe_of_each(log).items() if recipe in ids]
    cause = validated(FIRST, None, ManualClock())
    return [*log, RecordedEvent.from_event(pruned(cause, retire, ManualClock()))]


MANY = many_recipes(RECIPES[1])
WITHOUT_ITS_OWN = many_recipes(RECIPES[0], RECIPES[1])
ACTIVE = [
    Active(),
    *(Active(each) for each in SETS),
    Active(SETS[1], (SETS[2],)),
    Active(SETS[3], (SETS[1],)),
]
times = st.lists(st.integers(0, 59), min_size=len(MANY), max_size=len(MANY))


def at(event: RecordedEvent, second: int) -> RecordedEvent:
    meta = {**event.meta, "occurred_at": f"2026-01-02T03:04:{second:02}.000Z"}
    return replace(event, detail={**event.detail, "meta": meta})


@given(times, st.sampled_from([MANY, WITHOUT_ITS_OWN]), st.sampled_from(ACTIVE))
def test_no_clock_decides_which_recipe_is_shown(seconds: list[int], log: list[RecordedEvent], active: Active):
    shifted = [at(event, second) for event, second in zip(log, seconds, strict=True)]
    assert shown(item_of(shifted), active) == shown(item_of(log), active)


@given(st.permutations(MANY), st.lists(st.sampled_from(MANY), max_size=5), st.sampled_from(ACTIVE))
def test_order_and_repetition_do_not_change_what_is_shown(
    log: list[RecordedEvent], again: list[RecordedEvent], active: Active
):
    check([*log, *again], active)
    assert shown(item_of([*log, *again]), active) == shown(item_of(MANY), active)


@given(times, st.integers(0, 60))
def test_what_was_known_at_a_time_is_the_fold_of_what_had_occurred(seconds: list[int], until: int):
    log = [at(event, second) for event, second in zip(MANY, seconds, strict=True)]
    moment = f"2026-01-02T03:04:{until:02}.000Z"
    prefix = [event for event in log if event.occurred_at <= moment]
    known = known_at(log, moment)
    assert known == prefix
    if prefix:
        assert canonical(item_of(list(known))) == canonical(
            item_of(sorted(prefix, key=lambda e: e.precedence))
        )


def test_an_image_shows_its_own_recipe_until_another_is_promoted():
    log = with_backfill(completed(FIRST, RECIPES[0], ManualClock()), RECIPES[2])
    assert shown(item_of(log), Active()).recipe == RECIPES[0].id
    assert shown(item_of(log), Active(SETS[0])).recipe == RECIPES[0].id
    found = shown(item_of(log), Active(SETS[2], (SETS[0],)))
    assert found.recipe == RECIPES[2].id
    assert [each["name"] for each in found.thumbnails] == ["card", "page", "page"]
    assert found.watermarked is not None


def test_after_a_rollback_the_set_before_is_shown_also_if_it_has_no_watermark():
    for own, other in ((0, 2), (2, 0)):
        log = with_backfill(completed(FIRST, RECIPES[own], ManualClock()), RECIPES[other])
        for number, earlier in ((own, other), (other, own)):
            found = shown(item_of(log), Active(SETS[number], (SETS[earlier],)))
            assert (found.recipe, found.outdated) == (RECIPES[number].id, False)


def test_an_image_without_thumbnails_is_not_outdated_and_one_that_was_not_validated_shows_nothing():
    log = completed(FIRST, RECIPES[0], ManualClock())
    for few in (log[:1], log[:2]):
        assert shown(item_of(few), Active(SETS[1])) == Shown(item_of(few).get("recipe"))


def test_the_rule_of_an_image_follows_from_its_key_and_its_format():
    rules = [
        {"name": "other", "match": {"formats": ["gif"]}, "variants": {"page": PAGE}},
        {"name": "holidays", "match": {"prefix": "holiday/", "formats": ["png"]}, "variants": {"card": CARD}},
        {"name": "rest", "variants": {"page": PAGE}},
    ]
    log = completed(FIRST, RECIPES[0], ManualClock())
    assert not shown(item_of(log), Active(RecipeSet.read({"recipes": rules}))).outdated


def test_whether_thumbnails_are_of_a_still_is_shown_of_every_recipe():
    log = with_backfill(completed(FIRST, RECIPES[0], ManualClock()), RECIPES[3])
    for event in log:
        if event.detail_type == "ThumbnailsCreated":
            event.detail["data"]["still"] = True  # type: ignore[index]
    for number in (0, 3):
        assert shown(item_of(log), Active(SETS[number])).still
    for event in log:
        if event.detail_type == "ThumbnailsCreated":
            event.detail["data"]["still"] = None  # type: ignore[index]
    assert "still" not in item_of(log)["derived"][RECIPES[3].id]


def test_a_fact_without_an_id_is_of_the_recipe_of_the_first_thumbnails():
    log = completed(FIRST, None, ManualClock())
    log[3] = completed(FIRST, RECIPES[1], ManualClock())[3]
    assert own_recipe(log) == RECIPES[0].id != RECIPES[1].id
    data, meta = log[2].detail["data"], log[2].detail["meta"]
    old = {"data": {**data, "recipe": "320x320/auto"}, "meta": {**meta, "event_id": "late"}}
    late = replace(log[2], detail=old)
    assert recipe_of_each([*log, late])["late"] == RECIPES[0].id


@pytest.mark.parametrize("lost", ["ThumbnailsCreated", "ImageWatermarked"])
def test_half_a_recipe_is_not_shown(lost: str):
    log = without(with_backfill(completed(FIRST, RECIPES[0], ManualClock()), RECIPES[2]), lost, RECIPES[2])
    found = shown(item_of(log), Active(SETS[2]))
    assert (found.recipe, found.outdated) == (RECIPES[0].id, True)


def test_the_latest_set_that_is_complete_is_shown_until_the_active_one_is():
    log = with_backfill(completed(FIRST, RECIPES[0], ManualClock()), RECIPES[1])
    found = shown(item_of(log), Active(SETS[2], (SETS[3], SETS[1], SETS[0])))
    assert (found.recipe, found.outdated) == (RECIPES[1].id, True)


def test_a_newer_engine_shows_once_it_has_made_the_same_recipe():
    log = completed(FIRST, RECIPES[0], ManualClock())
    newer = with_backfill(log, RECIPES[0], engine="2026-11.10")
    ids = [
        {each["variant"] for each in shown(item_of(each), Active(SETS[0])).thumbnails}
        for each in (log, newer)
    ]
    assert ids[0].isdisjoint(ids[1])
    assert "derived" not in item_of(newer)


def test_a_pruned_recipe_that_is_made_again_is_shown_again():
    again = with_backfill(MANY, RECIPES[1])
    active = Active(SETS[1])
    assert shown(item_of(MANY), active).outdated
    assert not shown(item_of(again), active).outdated


def test_a_watermark_of_another_recipe_does_not_replace_the_one_that_the_image_was_made_with():
    for own, other in ((RECIPES[0], RECIPES[1]), (RECIPES[1], RECIPES[2])):
        log = completed(FIRST, own, ManualClock())
        item = item_of(with_backfill(log, other))
        assert item.get("watermarked") == item_of(log).get("watermarked")
        assert item["stages"] == item_of(log)["stages"]


@pytest.mark.parametrize("newer", ["thumbnailer", "watermarker"])
def test_an_upgrade_between_two_facts_of_an_upload_leaves_one_recipe(newer: str):
    """The validator had chosen no recipe yet, and one of the workers was replaced."""
    log = completed(FIRST, None, ManualClock())
    marked = completed(FIRST, RECIPES[1], ManualClock())[3]
    log[3] = replace(
        marked, detail={**marked.detail, "data": {**marked.detail["data"], "recipe": f"e/{RECIPES[0].id}"}}
    )
    old = 2 if newer == "watermarker" else 3
    data = {**log[old].detail["data"], "recipe": "2026-11.1/320x320/auto"}
    log[old] = replace(log[old], detail={**log[old].detail, "data": data})
    item = item_of(log)
    assert item["recipe"] == RECIPES[0].id
    assert item["thumbnails"]
    assert item["watermarked"]
    assert "derived" not in item


def test_a_backfill_changes_nothing_about_an_image_from_before_recipes():
    log = completed(FIRST, None, ManualClock())
    before, after = item_of(log), item_of(with_backfill(log, RECIPES[2]))
    assert before["recipe"] == after["recipe"] == RECIPES[0].id
    assert before["thumbnails"] == after["thumbnails"]


def test_what_a_backfill_could_not_do_changes_no_status_and_is_told():
    log = completed(FIRST, RECIPES[0], ManualClock())
    asked = request(item_of(log), log, RECIPES[2], ENGINE, ManualClock())
    assert asked is not None
    failed = RecordedEvent.from_event(failure(asked, "thumbnailer", clock=ManualClock()))
    item = item_of([*log, RecordedEvent.from_event(asked), failed])
    assert (item["status"], [each["stage"] for each in item["failures"]]) == ("completed", ["thumbnailer"])
    half = [event for event in log if event.detail_type not in ("ThumbnailsCreated", "ImageProcessed")]
    assert item_of([*half, failed])["status"] == "processing"


def test_details_are_of_what_is_shown():
    item = item_of(MANY)
    found = details(item, Active(SETS[2]))
    assert (found.recipe, found.outdated) == (RECIPES[2].id, None)
    assert [(each.name, each.format) for each in found.thumbnails] == [
        ("card", "PNG"),
        ("page", "PNG"),
        ("page", "PNG"),
    ]
    assert found.watermarked is not None
    assert found.processed_size == found.watermarked.bytes == 9
    still = {**item, "still": True}
    assert (details(still).still, details(still, Active(SETS[2])).still) == (True, None)
    older = details(item, Active(SETS[1]))
    assert (older.recipe, older.outdated, older.processed_size) == (RECIPES[0].id, True, None)
    assert details(item).as_json().keys().isdisjoint({"outdated", "watermarked"})
