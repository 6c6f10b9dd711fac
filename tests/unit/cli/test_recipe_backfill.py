"""A backfill makes what is missing, asks for nothing twice, and leaves no state."""

from __future__ import annotations

from typing import Any

import pytest

from imagebus.events.recipes import DerivationRequested
from imagebus.events.recorder import ImageProcessed
from imagebus.history.derived import objects_of
from imagebus.recipes.missing import TooManyRecipes
from imagebus.recipes.model import RecipeSet
from imagebus.recipes.store import LEASE, BackfillRunning
from imagebus_cli.adopt.adopting import Pace
from imagebus_cli.problem import Problem
from imagebus_cli.recipes import backfilling
from imagebus_cli.recipes.backfilling import Backfill, Bounds
from imagebus_cli.recipes.planning import Plan, survey
from tests.unit.cli.recipe_world import NEW, OLD, PRICE, World, world_of


@pytest.fixture
def world() -> World:
    world = World()
    for number in range(6):
        world.upload(f"{number}.jpg", size=(1000 + 500 * number, 1000))
    return world


def plan_of(world: World, recipes: RecipeSet = NEW) -> Plan:
    return survey(world.table.images(), recipes, world.engine, "", lambda _: None)


def backfill(world: World, recipes: RecipeSet = NEW, **more: Any) -> Backfill:
    bounds = {name: more.pop(name) for name in ("budget", "limit") if name in more}
    waiting = more.pop("waiting", lambda: 0)
    return Backfill(
        recipes,
        world.recipes,
        more.pop("engine", world.engine),
        world.table.images,
        world.store,
        world.statuses,
        world,
        lambda: {"thumbnailer": 0, "watermarker": waiting()},
        Pace(more.pop("rate", 1000), world.clock),
        Bounds(more.pop("at_once", 2), **bounds),
        PRICE,
        world.clock,
    )


def run(world: World, recipes: RecipeSet = NEW, **more: Any) -> Backfill:
    world.recipes.use_candidate(recipes)
    work = backfill(world, recipes, **more)
    list(work.run(plan_of(world, recipes)))
    return work


def complete(world: World, recipes: RecipeSet = NEW) -> set[str]:
    return {
        each.image_key
        for each in world.table.images()
        if each.status and objects_of(each.status, recipes.recipe_for(each.image_key, "JPEG"))
    }


def test_while_one_set_is_being_backfilled_no_other_is(world: World):
    """It stays the candidate, of which nothing is pruned, however long it takes."""
    for number in range(6, 12):
        world.upload(f"{number}.jpg")
    began = world.clock.monotonic()
    for _ in backfill(world, at_once=1).run(plan_of(world)):
        world.clock.advance(29)
        with pytest.raises(BackfillRunning):
            next(backfill(world, OLD).run(plan_of(world, OLD)))
    assert world.clock.monotonic() - began > LEASE.total_seconds()
    assert world.recipes.candidate() == NEW
    list(backfill(world, OLD).run(plan_of(world, OLD)))
    assert world.recipes.candidate() == OLD


def test_an_image_with_too_many_recipes_is_reported_with_what_helps(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: Any) -> None:
        raise TooManyRecipes

    monkeypatch.setattr("imagebus_cli.recipes.backfilling.request", refuse)
    world = World()
    world.upload("a.jpg")
    (failed,) = run(world).progress.failed.values()
    assert failed["advice"] == "imagebus recipe prune --yes"


def test_what_a_run_took_is_of_its_own_images():
    """Also when images of an earlier run are overwritten meanwhile, which takes their events from the log."""
    world = world_of(6)
    run(world, limit=5)
    left = plan_of(world)
    (lacking,) = (each.image_key for each in world.table.images() if each.image_key not in complete(world))
    work = backfill(world)
    for progress in work.run(left):
        if progress.asked == 1 and not progress.done:
            for number in range(6):
                if f"{number}.jpg" != lacking:
                    world.upload(f"{number}.jpg", NEW)
    assert work.progress.done == work.progress.actual.images == 1
    assert work.progress.actual.cpu == pytest.approx(work.progress.planned.cpu, rel=0.3)
    assert work.progress.actual.usd > 0


def asked(world: World) -> list[str]:
    return [event.meta.image_key for event in world.of_type(DerivationRequested)]  # type: ignore[union-attr]


def test_everything_missing_is_made_once(world: World):
    work = run(world)
    assert complete(world) == {f"{number}.jpg" for number in range(6)}
    assert sorted(asked(world)) == sorted(complete(world))
    assert work.progress.done == 6
    assert work.plan.lacking == []
    run(world)
    assert len(asked(world)) == 6


def test_nobody_is_notified_and_nothing_is_shown(world: World):
    before = {each.image_key: each.status for each in world.table.images()}
    run(world)
    assert len(list(world.of_type(ImageProcessed))) == 6
    for each in world.table.images():
        known = before[each.image_key]
        assert known
        assert each.status
        for name in ("status", "thumbnails", "watermarked", "recipe", "completed_at"):
            assert each.status[name] == known[name]


def test_objects_that_recipes_share_are_not_made_again(world: World):
    run(world)
    (request, *_) = world.of_type(DerivationRequested)
    assert [each.name for each in request.data.present] == ["small"]  # type: ignore[attr-defined]
    item = world.store.status("0.jpg")
    assert item
    new = objects_of(item, NEW.recipe_for("0.jpg", "JPEG"))
    assert new
    assert item["thumbnails"][0]["key"] in {each["key"] for each in new.thumbnails}


@pytest.mark.parametrize("steps", range(0, 14, 3))
def test_an_interrupted_backfill_continues(world: World, steps: int):
    world.recipes.use_candidate(NEW)
    work = backfill(world).run(plan_of(world))
    for _ in range(steps):
        next(work, None)
    work.close()
    again = run(world)
    assert len(complete(world)) == 6
    ids = {event.meta.event_id for event in world.of_type(DerivationRequested)}
    assert len(ids) == 6  # what was in the works is asked for again, by the same event
    assert again.plan.lacking == []


def test_what_is_uploaded_meanwhile_is_taken_in(world: World):
    world.recipes.use_candidate(NEW)
    work = backfill(world)
    for number, _ in enumerate(work.run(plan_of(world))):
        if number == 2:
            world.upload("late.jpg")
            world.upload("0.jpg", size=(300, 300))
            world.delete("5.jpg")
    assert complete(world) == {f"{number}.jpg" for number in range(5)} | {"late.jpg"}


def test_a_failed_image_is_reported_and_the_others_are_made(world: World):
    world.failing["3.jpg"] = "no memory"
    work = run(world)
    assert len(complete(world)) == 5
    (failed,) = work.progress.failed.values()
    assert failed == {
        "image_key": "3.jpg",
        "why": "thumbnailer: Boom: no memory",
        "advice": "imagebus retry 3.jpg",
    }
    item = world.store.status("3.jpg")
    assert item
    assert item["status"] == "completed"
    again = run(world)
    assert list(again.progress.failed) == ["3.jpg"]
    assert asked(world).count("3.jpg") == 1  # not asked again: the second failure would be the same event


def test_after_a_retry_a_failed_image_counts_as_made(world: World):
    world.failing["3.jpg"] = "no memory"
    run(world)
    world.failing.clear()
    (request,) = (e for e in world.of_type(DerivationRequested) if e.meta.image_key == "3.jpg")  # type: ignore[union-attr]
    world.inbox.append(request)  # type: ignore[arg-type]
    world.work()
    assert run(world).progress.failed == {}
    assert len(complete(world)) == 6


def test_few_images_are_in_the_works_at_once(world: World):
    longest = 0
    world.recipes.use_candidate(NEW)
    work = backfill(world, at_once=3)
    for _ in work.run(plan_of(world)):
        longest = max(longest, len(work._flying))
    assert longest == 3


def test_it_makes_way_while_messages_wait(world: World):
    depths = [backfilling.FEW + 1] * 7
    work = backfill(world, waiting=lambda: depths.pop() if depths else 0)
    next(work.run(plan_of(world)))
    assert depths == []
    assert world.clock.slept[:7] == [backfilling.PAUSE] * 7


def test_a_backlog_that_does_not_shrink_is_named_and_ends_it(world: World):
    """As of a worker that is disabled. Nothing is in the works, so no image is given up either."""
    began = world.clock.now()
    with pytest.raises(Problem, match="7 messages wait in watermarker's inbox") as raised:
        list(backfill(world, waiting=lambda: 7).run(plan_of(world)))
    waited = (world.clock.now() - began).total_seconds()
    assert backfilling.PATIENCE < waited < backfilling.PATIENCE + 2
    assert "imagebus doctor" in raised.value.advice
    assert asked(world) == []


def test_it_says_what_it_waits_for_and_waits_as_long_as_the_backlog_shrinks(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(backfilling, "PATIENCE", 20)
    world.recipes.use_candidate(NEW)
    left = iter([*(9 - n // 150 for n in range(900)), *[0] * 100])
    shown = []
    for each in backfill(world, waiting=lambda: next(left)).run(plan_of(world)):
        shown.append(each.waiting)
    assert shown[0] == "waiting for 9 messages in watermarker's inbox; is it running? imagebus doctor"
    assert shown[-1] == ""
    assert len(complete(world)) == 6


def test_a_backfill_that_uploads_outrun_reports_what_is_left(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(backfilling, "PASSES", 1)
    assert run(world).plan.lacking == []
    world.upload("late.jpg")
    work = backfill(world)
    for progress in work.run(plan_of(world)):
        if progress.done == 0 and world.store.status("later.jpg") is None:
            world.upload("later.jpg")
    assert [len(complete(world)), len(work.plan.lacking)] == [7, 1]


def test_the_rate_is_kept(world: World):
    started = world.clock.now()
    run(world, rate=0.5)
    assert (world.clock.now() - started).total_seconds() >= 5 * 2


def test_a_limit_stops_early(world: World):
    work = run(world, limit=2)
    assert (len(complete(world)), work.progress.stopped, len(work.plan.lacking)) == (2, "limit", 4)
    assert work.plan.actual(PRICE).images == 2


def test_the_budget_is_never_exceeded_even_by_several_runs(world: World):
    whole = plan_of(world).remaining(PRICE).usd
    for _ in range(3):
        work = run(world, budget=whole / 2)
        assert work.progress.stopped == "budget"
        assert plan_of(world).actual(PRICE).usd <= whole / 2
    assert 1 <= len(complete(world)) <= 4
    assert run(world, budget=whole * 1.5).progress.stopped == ""
    assert len(complete(world)) == 6


def test_an_image_without_an_answer_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(backfilling, "PATIENCE", 5)
    world.silent = True
    failed = run(world, at_once=8).progress.failed
    assert len(failed) == 6
    assert "no answer within 5 seconds" in failed["0.jpg"]["why"]


def test_images_that_workers_keep_trying_do_not_hold_up_the_others(world: World):
    """A failure is known only after all tries, a quarter of an hour later."""
    world.recipes.use_candidate(NEW)
    world.ignored = {"0.jpg", "1.jpg", "2.jpg"}
    began, work = world.clock.now(), backfill(world, at_once=1)
    for _ in work.run(plan_of(world)):
        if len(complete(world)) == 3 and work.progress.done == 3:
            break
    assert (world.clock.now() - began).total_seconds() < 4 * backfilling.SLOW
    assert work.progress.failed == {}


def test_workers_that_never_answer_end_it(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(backfilling, "PATIENCE", 5)
    world.silent = True
    with pytest.raises(Problem, match="No worker has answered"):
        run(world, at_once=2)


def test_workers_of_another_version_are_named(world: World):
    world.engine = "2026-12.1"
    world.recipes.use_candidate(NEW)
    work = backfill(world, engine="2026-11.6")
    with pytest.raises(Problem, match=r"engine is 2026-12.1, this command's is 2026-11.6"):
        list(work.run(survey(world.table.images(), NEW, "2026-11.6", "", lambda _: None)))


def test_an_image_that_has_failed_or_is_at_work_lacks_nothing(world: World):
    assert plan_of(world, OLD).lacking == []
    assert plan_of(world, OLD).complete == 6
