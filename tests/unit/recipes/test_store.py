"""The table of recipes: nothing of it changes but pointers, and of two promotions at once one wins."""

from __future__ import annotations

from typing import Any

import pytest

from imagebus.recipes.model import Active, Recipe, RecipeSet
from imagebus.recipes.store import (
    LEASE,
    REMEMBERED,
    BackfillRunning,
    DynamoDBRecipes,
    PromotedMeanwhile,
    Promotion,
    UnknownRecipe,
)
from imagebus.testing import InMemoryDynamoDB, ManualClock
from imagebus.testing.dynamodb import Table


def a_set(width: int) -> RecipeSet:
    return RecipeSet.read({"recipes": [{"name": "all", "variants": {"small": {"width": width}}}]})


ONE, TWO, THREE = a_set(1), a_set(2), a_set(3)


class Bench:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.dynamodb = InMemoryDynamoDB({"recipes": Table("id")})
        self.recipes = self.process()

    def process(self) -> DynamoDBRecipes:
        """Another process: it has cached nothing."""
        return DynamoDBRecipes(self.dynamodb, "recipes", self.clock)  # type: ignore[arg-type]  # the client's fake


@pytest.fixture
def bench() -> Bench:
    return Bench()


def numbers(promotions: Any) -> list[tuple[int, str | None, str]]:
    return [(each.number, each.from_set, each.to_set) for each in promotions]


def test_a_stack_that_has_promoted_nothing_has_no_active_set(bench: Bench):
    assert bench.recipes.active() == Active()
    assert list(bench.recipes.promotions()) == []
    assert bench.recipes.candidate() is None
    with pytest.raises(UnknownRecipe):
        bench.recipes.default()
    with pytest.raises(UnknownRecipe):
        bench.recipes.recipe("0c9f3a7d52e1")


def test_what_one_process_stores_another_reads(bench: Bench):
    bench.recipes.add(ONE)
    other = bench.process()
    assert other.recipe_set(ONE.id) == ONE
    recipe = ONE.recipes[0].recipe
    assert other.recipe(recipe.id) == recipe
    bench.recipes.use_default(recipe)
    assert bench.process().default() == recipe
    bench.recipes.use_candidate(TWO)
    assert bench.process().candidate() == TWO


def test_a_running_backfill_keeps_other_sets_out(bench: Bench):
    """A prune would delete what its requests have found there."""
    bench.recipes.use_candidate(ONE, LEASE)
    bench.process().use_candidate(ONE, LEASE)
    with pytest.raises(BackfillRunning):
        bench.process().use_candidate(TWO, LEASE)
    assert bench.process().candidate() == ONE
    bench.clock.advance(LEASE.total_seconds())
    bench.process().use_candidate(TWO, LEASE)
    bench.process().use_candidate(TWO)
    bench.process().use_candidate(ONE)
    assert bench.process().candidate() == ONE


def test_a_promotion_switches_and_is_kept_with_who_when_from_and_to(bench: Bench):
    first = bench.recipes.promote(ONE, "kim")
    bench.clock.advance(60)
    second = bench.recipes.promote(TWO, "alex", "larger")
    assert first == Promotion(1, None, ONE.id, "2026-01-02T03:04:05.000Z", "kim")
    assert second == Promotion(2, ONE.id, TWO.id, "2026-01-02T03:05:05.000Z", "alex", "larger")
    assert bench.process().active() == Active(TWO, [ONE])
    assert list(bench.process().promotions()) == [second, first]


def test_promoting_what_is_active_changes_nothing(bench: Bench):
    bench.recipes.promote(ONE, "kim")
    before = dict(bench.dynamodb.tables["recipes"].partitions)
    assert bench.recipes.promote(ONE, "alex") is None
    assert bench.dynamodb.tables["recipes"].partitions == before


def test_going_back_is_a_promotion_and_names_each_set_once(bench: Bench):
    for recipes in (ONE, TWO, ONE, THREE, TWO):
        bench.recipes.promote(recipes, "kim")
    assert bench.recipes.active() == Active(TWO, [THREE, ONE])
    assert numbers(bench.recipes.promotions()) == [
        (5, THREE.id, TWO.id),
        (4, ONE.id, THREE.id),
        (3, TWO.id, ONE.id),
        (2, ONE.id, TWO.id),
        (1, None, ONE.id),
    ]


def test_at_a_time_those_sets_were_active_that_the_promotions_until_then_had_made_so(bench: Bench):
    before, times = "2026-01-02T03:04:04.999Z", []
    for recipes in (ONE, TWO, ONE):
        times.append(bench.recipes.promote(recipes, "kim").at)  # type: ignore[union-attr]
        bench.clock.advance(60)
    found = [bench.process().active_at(at) for at in (before, *times, "2026-01-02T23:00:00.000Z")]
    assert found == [Active(), Active(ONE, []), Active(TWO, [ONE]), Active(ONE, [TWO]), Active(ONE, [TWO])]


def test_the_sets_before_are_remembered_up_to_a_number_and_the_promotions_all(bench: Bench):
    for width in range(1, REMEMBERED + 6):
        bench.recipes.promote(a_set(width), "kim")
    assert len(bench.recipes.active().earlier) == REMEMBERED
    assert bench.recipes.active().earlier[0] == a_set(REMEMBERED + 4)
    assert len(bench.recipes.promotions()) == REMEMBERED + 5


@pytest.mark.parametrize("first", [False, True], ids=["later", "the first"])
def test_of_two_promotions_at_once_one_wins_and_the_other_changes_nothing(bench: Bench, first: bool):
    if not first:
        bench.recipes.promote(ONE, "kim")
    put = bench.dynamodb.put_item

    def overtaken(**request: Any) -> Any:
        if request["Item"]["id"]["S"] == "active":
            bench.dynamodb.put_item = put  # type: ignore[method-assign]
            bench.process().promote(THREE, "alex")
        return put(**request)

    bench.dynamodb.put_item = overtaken  # type: ignore[method-assign]
    with pytest.raises(PromotedMeanwhile):
        bench.recipes.promote(TWO, "kim")
    assert bench.process().active().current == THREE
    assert [each.by for each in bench.recipes.promotions()] == ["alex", "kim"][: 1 if first else 2]


@pytest.mark.parametrize("wanted", [ONE, TWO, None])
def test_a_promotion_decided_before_another_one_changes_nothing(bench: Bench, wanted: RecipeSet | None):
    bench.recipes.promote(ONE, "kim")
    bench.process().promote(TWO, "alex")
    with pytest.raises(PromotedMeanwhile):
        bench.recipes.promote(wanted, "kim", seen=1)
    with pytest.raises(PromotedMeanwhile):
        bench.recipes.promote(wanted, "kim", seen=0)
    assert bench.process().active().current == TWO
    promotion = bench.recipes.promote(THREE, "kim", seen=2)
    assert promotion
    assert promotion.number == 3


def test_a_promotion_whose_answer_was_lost_is_sent_again_and_has_succeeded(bench: Bench):
    """As botocore does: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/retries.html"""
    put = bench.dynamodb.put_item

    def twice(**request: Any) -> Any:
        put(**request)
        return put(**request)

    bench.dynamodb.put_item = twice  # type: ignore[method-assign]
    promotion = bench.recipes.promote(ONE, "kim")
    assert promotion is not None
    assert numbers(bench.process().promotions()) == [(1, None, ONE.id)]


def test_a_promoter_that_died_in_between_loses_no_promotion(bench: Bench):
    bench.recipes.promote(ONE, "kim")
    put = bench.dynamodb.put_item

    def dies(**request: Any) -> Any:
        if request["Item"]["id"]["S"] == "active":
            raise ConnectionError
        return put(**request)

    bench.dynamodb.put_item = dies  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        bench.recipes.promote(TWO, "kim")
    bench.dynamodb.put_item = put  # type: ignore[method-assign]
    assert bench.process().active() == Active(ONE, [])
    bench.process().promote(THREE, "kim")
    assert numbers(bench.process().promotions()) == [(2, ONE.id, THREE.id), (1, None, ONE.id)]


def test_a_reader_follows_a_promotion_within_a_second_and_its_own_at_once(bench: Bench):
    reader = bench.process()
    bench.recipes.promote(ONE, "kim")
    assert reader.active() == bench.recipes.active() == Active(ONE, [])
    bench.recipes.promote(TWO, "kim")
    assert bench.recipes.active().current == TWO
    assert reader.active().current == ONE
    bench.clock.advance(1)
    assert reader.active().current == TWO


def test_a_clock_that_is_set_back_does_not_keep_a_reader_on_the_old_set(bench: Bench):
    reader = bench.process()
    bench.recipes.promote(ONE, "kim")
    assert reader.active().current == ONE
    bench.recipes.promote(TWO, "kim")
    bench.clock.adjust(-0.5)
    bench.clock.advance(1)
    assert reader.active().current == TWO


def test_what_never_changes_is_read_and_written_once(bench: Bench):
    recipe = ONE.recipes[0].recipe
    bench.recipes.use_default(recipe)
    calls: list[str] = []
    put, get = bench.dynamodb.put_item, bench.dynamodb.get_item
    bench.dynamodb.put_item = lambda **request: calls.append("put") or put(**request)  # type: ignore[method-assign]
    bench.dynamodb.get_item = lambda **request: calls.append("get") or get(**request)  # type: ignore[method-assign]
    bench.recipes.use_default(recipe)
    assert bench.recipes.recipe(recipe.id) == recipe
    assert calls == []
    reader = bench.process()
    reader.recipe(recipe.id)
    reader.recipe(recipe.id)
    assert calls == ["get"]


def test_parameters_that_change_are_the_new_default_and_the_old_recipe_stays(bench: Bench):
    old, new = ONE.recipes[0].recipe, TWO.recipes[0].recipe
    bench.recipes.use_default(old)
    bench.process().use_default(new)
    reader = bench.process()
    assert reader.default() == new
    assert reader.recipe(old.id) == old


def test_a_watermark_is_read_as_it_was_stored(bench: Bench):
    recipe = Recipe.read({"variants": {"a": {"width": 1}}, "watermark": {"text": "☺", "opacity": 1}})
    bench.recipes.use_default(recipe)
    assert bench.process().recipe(recipe.id).watermark == recipe.watermark
