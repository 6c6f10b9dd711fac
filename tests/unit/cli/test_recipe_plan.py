"""A plan predicts what a backfill will take, from what the stack's own images took."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from imagebus.recipes.model import RecipeSet
from imagebus_cli.recipes.calibration import Calibration, Rate, Speed
from imagebus_cli.recipes.effort import Effort, Source, effort, of_outputs
from imagebus_cli.recipes.planning import Made
from imagebus_cli.recipes.reporting import plan_lines
from tests.unit.cli.recipe_world import NEW, OLD, PRICE, World, world_of
from tests.unit.cli.test_recipe_backfill import plan_of, run


def test_what_is_missing_and_what_is_shared():
    world = world_of(4)
    found = plan_of(world)
    assert found.variants == {"card avif": 4, "card webp": 4}
    assert (found.shared, found.watermarks, found.complete, len(found.lacking)) == (8, 0, 0, 4), (
        "also the watermarked copies"
    )
    lines = list(plan_lines(found, found.remaining(PRICE), "us-east-1"))
    assert "  already made: 8 (shared with other recipes)" in lines
    run(world)
    found = plan_of(world)
    assert (found.complete, found.lacking) == (4, [])


@pytest.mark.parametrize(("slower", "request_ms"), [(0.7, 2.0), (1.0, 20.0), (2.5, 8.0)])
def test_the_plan_is_within_a_fifth_of_what_it_takes(slower: float, request_ms: float):
    """Also on a stack that is faster or slower than the computer of the benchmark."""
    world, seeded = World(slower, request_ms), random.Random(7)
    for number in range(60):
        size = seeded.randint(400, 6000), seeded.randint(400, 4000)
        world.upload(f"{number}.jpg", form=seeded.choice(["JPEG", "JPEG", "PNG"]), size=size)
    planned = plan_of(world).remaining(PRICE)
    assert planned.images == 60
    done = run(world).plan
    actual = done.actual(PRICE)
    assert actual.images == 60
    assert actual.cpu == pytest.approx(planned.cpu, rel=0.2)
    assert actual.billed == pytest.approx(planned.billed, rel=0.2)
    assert actual.usd == pytest.approx(planned.usd, rel=0.2)
    assert done.planned(PRICE).cpu == pytest.approx(planned.cpu, rel=0.05)


def test_what_was_made_already_corrects_the_rest():
    """The stack's AVIF encoder is slower than the benchmark's, which no event of an upload shows."""
    world = world_of(50)
    naive = plan_of(world).remaining(PRICE)
    run(world, limit=25)
    for index, took in enumerate((found := plan_of(world)).took):
        used = replace(took.used, gb_seconds=took.used.gb_seconds * 3)
        assert took.cpu
        found.took[index] = Made(took.cpu * 3, took.billed * 3, used)
    corrected = found.remaining(PRICE)
    assert corrected.images == 25
    assert corrected.cpu == pytest.approx(naive.cpu / 2 * 3, rel=0.1)
    assert corrected.billed == pytest.approx(naive.billed / 2 * 3, rel=0.1)


def test_facts_of_an_earlier_version_do_not_say_their_cpu_time():
    """What is not known counts as planned, so it makes the rest neither cheaper nor dearer."""
    world = world_of(60)
    naive = plan_of(world).remaining(PRICE)
    run(world, limit=40)
    found = plan_of(world)
    found.took[:35] = [replace(each, cpu=None) for each in found.took[:35]]
    assert found.remaining(PRICE).cpu == pytest.approx(naive.cpu / 3, rel=0.1)
    assert found.actual(PRICE).cpu == pytest.approx(found.planned(PRICE).cpu, rel=0.1)


def test_work_that_takes_no_cpu_time_can_be_planned(monkeypatch: pytest.MonkeyPatch):
    """Only shared objects, on a stack whose requests were measured to take none."""
    monkeypatch.setattr(Calibration, "fit", lambda _: Speed(cpu=Rate(0.0, 1.0)))
    world = world_of(25)
    run(world, limit=20)
    found = plan_of(world)
    found.made = [replace(each, efforts=(Effort(1),)) for each in found.made]
    assert found.remaining(PRICE).images == 5


def test_uploads_in_a_burst_slow_each_other_and_do_not_count():
    calm = [(Effort(3, ms), round(15 + 2 * ms)) for ms in range(10, 200, 2)]
    plain, large = Calibration({"a": calm}).fit().billed, Effort(3, 100.0)
    assert plain.ms(large) == pytest.approx(15 + 2 * 100, rel=0.1)
    burst = [(each, 2 * billed if number % 2 else billed) for number, (each, billed) in enumerate(calm)]
    assert Calibration({"a": burst}).fit().billed.ms(large) == pytest.approx(plain.ms(large), rel=0.05)


def test_without_an_event_a_plan_assumes_what_is_usual():
    assert Calibration().fit() == Speed()


def test_images_that_are_all_alike_do_not_mislead():
    """Their small cost says little about what a larger one takes."""
    alike = Calibration({"a": [(Effort(5, 3.0), 60)] * 500}).fit().billed
    assert 0.5 < alike.slower < 3


def test_one_decode_serves_all_outputs():
    source = Source("JPEG", 4000, 3000)
    recipe = NEW.recipes[0].recipe
    from imagebus.recipes.missing import outputs

    every = outputs(recipe, "JPEG", 1, "e")
    targets = of_outputs(source, every)
    alone = sum(effort(source, [each]).ms for each in targets)
    assert effort(source, targets).ms < alone
    assert [each.size for each in targets] == [(100, 75), (640, 360), (640, 360)]


def test_a_backfill_does_not_change_what_was_planned():
    world = World()
    for number in range(30):
        world.upload(f"{number}.jpg", size=(500 + 100 * number, 1000))
    before = plan_of(world).remaining(PRICE)
    run(world)
    planned = plan_of(world).planned(PRICE)
    assert planned.cpu == pytest.approx(before.cpu, rel=1e-3)
    assert planned.billed == pytest.approx(before.billed, rel=1e-3)


def test_a_set_with_several_recipes_is_planned_by_each():
    world = World()
    world.upload("a/1.jpg")
    world.upload("b/1.jpg")
    several = RecipeSet.read(
        {
            "recipes": [
                {"name": "a", "match": {"prefix": "a/"}, "variants": {"big": {"width": 900}}},
                {"name": "rest", **OLD.settings()["recipes"][0] | {"name": "rest"}},
            ]
        }
    )
    found = plan_of(world, several)
    assert found.variants == {"big source": 1}
    assert found.complete == 1
