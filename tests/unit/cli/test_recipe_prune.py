"""A prune removes what nobody sees and nobody needs, and nothing else, wherever it is interrupted."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from imagebus.events.recipes import VariantsPruned
from imagebus.history.derived import objects_of, shown
from imagebus.recipes.missing import request
from imagebus.recipes.model import RecipeSet
from imagebus.recipes.store import LEASE, PruneRunning
from imagebus_cli.operations.table import ScannedImage
from imagebus_cli.recipes import pruning
from imagebus_cli.recipes.pruning import Pruned, Pruner
from tests.unit.cli.recipe_world import NEW, OLD, SMALL, World
from tests.unit.cli.test_recipe_backfill import backfill, plan_of
from tests.unit.cli.test_recipe_backfill import run as backfilled
from tests.unit.cli.test_recipe_switch import call, world

__all__ = ["world"]

#: Shares no object with the others.
OTHER = RecipeSet.read(
    {"recipes": [{"name": "all", "variants": {"big": {"width": 900}}, "watermark": {"text": "y"}}]}
)


RUNS = itertools.count()


def pruner(world: World) -> Pruner:
    run = f"run {next(RUNS)}"
    return Pruner(world.store, world.recipes, world, world.s3, "images", world.engine, world.clock, run)


def prune(world: World, *, dry_run: bool = False) -> list[Pruned]:
    return list(pruner(world).run(world.table.images(), dry_run=dry_run))


def named(world: World) -> set[str]:
    """The objects that readers are given."""
    found = set()
    for each in world.table.images():
        assert each.status
        what = shown(each.status, world.recipes.active())
        found |= {item["key"] for item in what.thumbnails}
        found |= {what.watermarked["key"]} if what.watermarked else set()
    return found


@pytest.fixture
def changed(world: World) -> World:
    """Three images by the old set, completed and promoted to the new one."""
    for number in range(3):
        world.upload(f"{number}.jpg")
    backfilled(world)
    world.recipes.promote(NEW, "kim")
    return world


def test_a_recipe_whose_objects_are_all_shared_is_left_as_it_is(changed: World):
    before = changed.objects()
    assert prune(changed) == []  # all objects of the old set are in the new one
    assert changed.objects() == before
    changed.recipes.promote(OLD, "kim")
    for each in changed.table.images():
        assert each.status
        assert shown(each.status, changed.recipes.active()).recipe == OLD.recipes[0].recipe.id


def test_what_only_an_earlier_set_names_goes(changed: World):
    changed.recipes.use_candidate(OTHER)
    backfilled(changed, OTHER)
    changed.recipes.promote(OTHER, "kim")
    changed.recipes.use_candidate(OTHER)
    assert [each.objects for each in prune(changed)] == [4] * 3
    assert changed.objects() == named(changed)
    assert len(named(changed)) == 3 * 2


def test_a_dry_run_says_how_many_objects_and_bytes(changed: World):
    changed.recipes.promote(OLD, "kim")
    changed.recipes.use_candidate(OLD)
    before = changed.objects()
    told = prune(changed, dry_run=True)
    assert [(each.objects, each.bytes) for each in told] == [(2, 100)] * 3
    assert changed.objects() == before
    assert list(changed.of_type(VariantsPruned)) == []
    assert prune(changed) == told
    assert len(before - changed.objects()) == 6
    assert named(changed) <= changed.objects()
    events: Any = list(changed.of_type(VariantsPruned))
    assert [(each.data.objects, each.data.bytes) for each in events] == [(2, 100)] * 3
    assert prune(changed) == []


def test_the_candidate_keeps_what_it_needs(changed: World):
    changed.recipes.promote(OLD, "kim")  # the candidate is still the new set
    assert prune(changed, dry_run=True) == []


def test_what_is_shown_stays_although_another_set_is_active(changed: World):
    changed.upload("late.jpg")
    assert "late.jpg" not in [each.image_key for each in prune(changed)]
    item = changed.store.status("late.jpg")
    assert item
    assert shown(item, changed.recipes.active()).recipe == OLD.recipes[0].recipe.id
    assert named(changed) <= changed.objects()


def test_without_a_promotion_the_images_own_variants_stay(world: World):
    world.upload("0.jpg")
    backfilled(world)
    world.recipes.use_candidate(OTHER)
    (told,) = prune(world)
    assert told.objects == 2
    assert named(world) <= world.objects()
    assert len(world.objects()) == 2


def test_an_object_that_the_candidate_will_share_stays_whoever_made_it(world: World):
    world.upload("0.jpg", OTHER)
    backfilled(world, OLD)
    world.recipes.use_candidate(NEW)  # has nothing yet, and wants what the old set has
    before = world.objects()
    assert prune(world) == []
    assert world.objects() == before


def test_what_a_request_on_its_way_counts_on_stays(world: World):
    """The set that it is for may not be the candidate any more."""
    world.upload("0.jpg", OTHER)
    backfilled(world, OLD)
    world.silent = True
    world.recipes.use_candidate(NEW)
    next(backfill(world).run(plan_of(world)))
    world.clock.advance(LEASE.total_seconds())
    world.recipes.use_candidate(OTHER)
    before = world.objects()
    prune(world)
    assert world.objects() == before
    world.silent = False
    world.work()
    item = world.store.status("0.jpg")
    assert item
    made = objects_of(item, NEW.recipes[0].recipe)
    assert made
    assert made.watermarked
    assert {made.watermarked["key"], *(each["key"] for each in made.thumbnails)} <= world.objects()


def unused(world: World) -> None:
    """The new set's objects are needed by nobody."""
    world.recipes.promote(OLD, "kim")
    world.recipes.use_candidate(OLD)


@pytest.mark.parametrize("after", range(8))
def test_an_interrupted_prune_continues(changed: World, after: int, monkeypatch: pytest.MonkeyPatch):
    unused(changed)
    steps = 0

    def counted(function: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps > after:
                raise KeyboardInterrupt
            return function(*arguments, **named)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(changed, "publish", counted(changed.publish))
        patch.setattr(changed.s3, "delete_objects", counted(changed.s3.delete_objects))
        if after < 6:
            with pytest.raises(KeyboardInterrupt):
                prune(changed)
            with pytest.raises(PruneRunning):
                prune(changed)
            changed.clock.advance(LEASE.total_seconds())
        else:
            prune(changed)
    assert named(changed) <= changed.objects()
    told = prune(changed, dry_run=True)
    assert prune(changed) == told
    assert changed.objects() == named(changed)
    assert prune(changed) == []


def test_two_prunes_and_a_promotion_in_between_leave_something_to_show(
    changed: World, monkeypatch: pytest.MonkeyPatch
):
    """The first has decided that nobody needs the other set; the second would retire what the first keeps."""
    backfilled(changed, OTHER)
    changed.recipes.use_candidate(OLD)
    publish, ended = changed.publish, []

    def meanwhile(events: Any) -> None:
        monkeypatch.setattr(changed, "publish", publish)
        changed.recipes.promote(OTHER, "kim")
        with suppress(PruneRunning):
            ended.append(prune(changed))
        publish(events)

    monkeypatch.setattr(changed, "publish", meanwhile)
    prune(changed)
    promoted = {each.recipes[0].recipe.id for each in (NEW, OTHER)}
    for each in changed.table.images():
        assert each.status
        assert shown(each.status, changed.recipes.active()).recipe in promoted
    assert named(changed) <= changed.objects()
    assert ended == []
    prune(changed)  # the first has ended


def test_an_object_is_deleted_only_after_the_log_says_so(changed: World, monkeypatch: pytest.MonkeyPatch):
    unused(changed)
    before = changed.objects()
    monkeypatch.setattr(changed, "publish", lambda _: None)  # the recorder is down
    found = prune(changed)
    assert {each.why for each in found} == {"NotRecorded: not recorded within 120 seconds"}
    assert changed.objects() == before


def test_what_the_log_has_and_the_status_does_not_show_yet_is_waited_for(changed: World):
    """A recorder died after it had logged what completes the recipe of the set before."""
    changed.recipes.promote(OTHER, "kim")
    changed.recipes.use_candidate(OTHER)
    before = named(changed)
    item = changed.store.status("0.jpg")
    assert item
    assert changed.store.replace_status({**item, "log_digest": "behind", "derived": {}}, item["log_digest"])
    sleep = changed.clock.sleep

    def caught_up(seconds: float) -> None:
        sleep(seconds)
        changed.store.replace_status(item, "behind")

    changed.clock.sleep = caught_up  # type: ignore[method-assign]
    prune(changed)
    assert changed.store.status("0.jpg") == item
    assert named(changed) == before


def test_one_bad_image_does_not_stop_the_others(changed: World, monkeypatch: pytest.MonkeyPatch):
    unused(changed)
    latest = changed.store.latest

    def broken(key: str) -> Any:
        if key == "1.jpg":
            raise ClientError({"Error": {"Code": "Throttled", "Message": "slow"}}, "Query")
        return latest(key)

    def images() -> Iterator[ScannedImage]:
        yield ScannedImage("0", None, (), error="ValueError: nonsense")
        yield from changed.table.images()

    monkeypatch.setattr(changed.store, "latest", broken)
    found = {each.image_key: each for each in pruner(changed).run(images())}
    assert found["0"].why == "ValueError: nonsense"
    assert "Throttled" in found["1.jpg"].why
    assert found["0.jpg"].objects == found["2.jpg"].objects == 2


#: Shares an object with the old set and the new one.
THIRD = RecipeSet.read({"recipes": [{"name": "all", "variants": {"tiny": SMALL, "new": {"width": 7}}}]})


@pytest.mark.parametrize(
    "late", [False, True], ids=["asked before the prune", "asked and answered during the prune"]
)
def test_what_a_request_counts_on_stays(changed: World, late: bool, monkeypatch: pytest.MonkeyPatch):
    changed.recipes.add(THIRD)
    changed.recipes.use_candidate(OTHER)
    backfilled(changed, OTHER)
    changed.recipes.promote(OTHER, "kim")
    item, log = changed.store.status("0.jpg"), changed.store.latest("0.jpg")
    assert item
    asked = request(item, log, THIRD.recipes[0].recipe, changed.engine, changed.clock)
    assert asked
    assert asked.data.present
    wait = Pruner._known

    def waited(self: Pruner, key: str, event: Any = None) -> Any:
        known = wait(self, key, event)
        if late and event and key == "0.jpg":
            changed.publish([asked])
            changed.work()
        return known

    monkeypatch.setattr(Pruner, "_known", waited)
    if not late:
        changed.publish([asked])
    prune(changed)
    changed.work()
    after = changed.store.status("0.jpg")
    assert after
    made = objects_of(after, THIRD.recipes[0].recipe)
    assert made
    assert {each["key"] for each in made.thumbnails} <= changed.objects()


def test_what_s3_refuses_to_delete_is_told(changed: World, monkeypatch: pytest.MonkeyPatch):
    unused(changed)
    refused = {"Errors": [{"Key": "k", "Message": "Access Denied"}]}
    monkeypatch.setattr(changed.s3, "delete_objects", lambda **_: refused)
    assert "Access Denied" in prune(changed)[0].why


def test_a_retired_set_can_be_made_again(changed: World):
    unused(changed)
    prune(changed)
    backfilled(changed)
    changed.recipes.promote(NEW, "kim")
    assert len(named(changed)) == 3 * 4
    assert named(changed) <= changed.objects()


def test_many_facts_are_retired_over_several_runs(changed: World, monkeypatch: pytest.MonkeyPatch):
    unused(changed)
    monkeypatch.setattr(pruning, "MOST", 1)
    for _ in range(3):
        prune(changed)
    assert changed.objects() == named(changed)
    assert prune(changed) == []


def test_the_command_counts_unless_it_is_told_to_remove(changed: World):
    unused(changed)
    before = changed.objects()
    done = call("prune")
    assert "Would remove 6 objects (300 B) of 3 images. Add --yes to remove them." in done.stdout
    assert changed.objects() == before
    answer = json.loads(call("prune", "--yes", "--json").stdout)
    assert answer == {"dry_run": False, "images": 3, "objects": 6, "bytes": 300, "problems": []}
    assert "Nothing to remove." in call("prune").stdout
    assert changed.objects() == named(changed)
