"""`imagebus recipe plan` and `backfill`, as a user or a script sees them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from imagebus.events.recipes import DerivationRequested
from imagebus_cli.operations.table import ScannedImage
from imagebus_cli.problem import Problem
from imagebus_cli.recipes.backfilling import Backfill, Progress
from imagebus_cli.recipes.planning import Plan
from imagebus_cli.stack import find as where
from imagebus_cli.uploads import tracking
from tests.unit.cli.recipe_world import NEW, World
from tests.unit.cli.test_recipe_backfill import complete
from tests.unit.cli.test_recipe_switch import call, files, world

__all__ = ["files", "world"]


@pytest.fixture
def new(world: World, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The file of the new set, in a stack with images of the old one whose inboxes are empty."""
    for number in range(5):
        world.upload(f"{'ab'[number % 2]}/{number}.jpg")
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    empty = {"Attributes": dict.fromkeys(names, "0")}
    stack = where.find(None)
    stack.__dict__["sqs"] = SimpleNamespace(get_queue_attributes=lambda **_: empty)
    stack.__dict__["outputs"] = {**stack.outputs, "InboxUrls": "https://sqs/{stage}"}
    monkeypatch.setattr(tracking, "statuses", lambda _, keys: world.statuses(list(keys)))
    monkeypatch.setattr("imagebus.clock.SystemClock", lambda: world.clock)
    return files["new"]


def backfill(new: str, *more: str, exit_code: int = 0) -> dict[str, Any]:
    done = call("backfill", new, "--rate", "1000", "--json", *more)
    assert done.exit_code == exit_code, (done.output, done.exception)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_plan_says_what_is_missing_and_what_it_takes_and_changes_nothing(world: World, new: str):
    published = len(world.published)
    answer = json.loads(call("plan", new, "--json").stdout)
    assert (answer["lacking"], answer["complete"], answer["shared"]) == (5, 0, 10)
    assert answer["variants"] == {"card avif": 5, "card webp": 5}
    assert answer["remaining"]["images"] == 5
    assert answer["remaining"]["cpu_seconds"] > 0
    assert answer["remaining"]["usd"] > 0
    text = call("plan", new, "--prefix", "a/").stdout
    assert "3 of 3 completed images lack something" in text
    assert "card avif: 3" in text
    assert "for 3 images (us-east-1)" in text
    assert len(world.published) == published
    assert world.recipes.candidate() is None


def test_images_that_cannot_be_read_are_an_answer_of_no(world: World, new: str):
    """They are in no number, so a plan or a promotion that leaves them out says so."""
    images = [*world.table.images(), ScannedImage("bad.jpg", None, [], error="KeyError: size")]
    where.find(None).__dict__["table"] = SimpleNamespace(images=lambda: iter(images))
    done = call("plan", new)
    assert done.exit_code == 1
    assert "bad.jpg: KeyError: size" in done.stdout
    checked = call("promote", new, "--check", "--yes")
    assert "5 images will keep their old variants" in checked.stderr
    assert "1 image cannot be read" in checked.stderr


def test_a_backfill_that_must_stop_says_how_far_it_got(
    world: World, new: str, monkeypatch: pytest.MonkeyPatch
):
    def run(self: Backfill, _: Plan) -> Iterator[Progress]:
        self.progress.done = 3
        yield self.progress
        raise Problem("No worker has answered.")

    monkeypatch.setattr(Backfill, "run", run)
    done = call("backfill", new)
    assert isinstance(done.exception, Problem)
    assert "Stopped after: 3 images done, 0 images failed" in done.stderr


def test_a_backfill_prints_what_was_planned_and_what_it_took(world: World, new: str):
    answer = backfill(new, "--prefix", "b/")
    assert (answer["done"], answer["lacking"], answer["stopped"]) == (2, 0, None)
    assert answer["actual"]["images"] == answer["planned"]["images"] == 2
    assert answer["actual"]["cpu_seconds"] == pytest.approx(answer["planned"]["cpu_seconds"], rel=0.2)
    assert world.recipes.candidate() == NEW
    text = call("backfill", new, "--rate", "1000").stdout
    assert "3 images done, 0 images failed" in text
    assert f"next: imagebus recipe promote {new}\n" in text
    planned, actual = (line for line in text.splitlines() if line.startswith(("planned", "actual")))
    assert "for 3 images" in planned
    assert "for 3 images" in actual
    assert len(complete(world)) == 5
    assert backfill(new)["done"] == 0


def test_the_next_command_names_the_file_as_a_shell_reads_it_unless_the_set_is_active(world: World, new: str):
    spaced = Path(new).with_name("my recipes.yml")
    Path(new).rename(spaced)
    assert f"next: imagebus recipe promote '{spaced}'\n" in call("backfill", str(spaced)).stdout
    call("promote", str(spaced), "--yes")
    assert "next:" not in call("backfill", str(spaced)).stdout


def test_a_failed_image_is_reported_with_what_to_do(world: World, new: str):
    world.failing["a/2.jpg"] = "no memory"
    answer = backfill(new, exit_code=1)
    assert [each["image_key"] for each in answer["failed"]] == ["a/2.jpg"]
    done = call("backfill", new)
    assert done.exit_code == 1
    assert "• backfill: 1 image failed" in done.stdout
    assert "a/2.jpg: thumbnailer: Boom: no memory. Fix it: imagebus retry a/2.jpg" in done.stdout


def test_an_exhausted_budget_is_an_answer_of_no(world: World, new: str):
    answer = backfill(new, "--budget", "0.00000001", exit_code=1)
    assert (answer["stopped"], answer["asked"], answer["lacking"]) == ("budget", 0, 5)
    told = call("backfill", new, "--budget", "0").stdout
    assert "5 images left: the budget is used up" in told
    assert "• backfill: the budget is used up" in told


def test_a_limit_is_not(world: World, new: str):
    assert backfill(new, "--limit", "2")["stopped"] == "limit"
    assert len(complete(world)) == 2


def test_ctrl_c_says_how_to_continue(world: World, new: str, monkeypatch: pytest.MonkeyPatch):
    publish, asked = world.publish, list[Any]()

    def interrupted(events: Any) -> None:
        asked.extend(each for each in events if isinstance(each.data, DerivationRequested))
        if len(asked) == 3:
            raise KeyboardInterrupt
        publish(events)

    monkeypatch.setattr(world, "publish", interrupted)
    done = call("backfill", new, "--rate", "1000")
    assert done.exit_code == 130
    assert "Run the same command again to continue." in done.stderr
    assert backfill(new)["lacking"] == 0
    assert len(complete(world)) == 5


def test_prices_of_another_region_and_an_invalid_file_are_told(world: World, new: str):
    problem = call("plan", new, "--prices", "mars-1").exception
    assert isinstance(problem, Problem)
    assert problem.exit_code == 2
    Path(new).write_text("more: 1\n")
    problem = call("plan", new).exception
    assert isinstance(problem, Problem)
    assert (problem.exit_code, "unknown field" in problem.detail) == (1, True)
