"""Sizes are changed for images that are there: plan, backfill with interruptions, promote, roll back, prune.

`make recipes` runs it with 200 images and ten interruptions.
"""

from __future__ import annotations

import io
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from benchmarks.inputs import photo
from imagebus.clock import SystemClock
from imagebus.history.derived import Shown, objects_of, shown
from imagebus.identity import derived_prefix
from imagebus.recipes.missing import outputs
from imagebus.recipes.model import RecipeSet
from imagebus.recipes.store import DynamoDBRecipes
from imagebus_cli.recipes import writing
from imagebus_cli.uploads.tracking import statuses
from imagebus_imaging import RECIPE, derive, watermark
from tests.e2e.harness import Pipeline, eventually, jpeg
from tests.e2e.test_replay import imagebus, imagebus_command

IMAGES = int(os.environ.get("IMAGEBUS_RECIPES", "16"))
MEASURED = IMAGES >= 200
KILLS = 10 if MEASURED else 4
#: Uploads while it runs; a quarter as many are overwritten, and as many deleted.
LIVE = 2 * KILLS
#: Images per second of a backfill that leaves two cores to uploads, and the uploads that are timed beside it.
RATE, TIMED = 1, 60


def recipe(pipeline: Pipeline, *arguments: str) -> dict[str, Any]:
    code, answer = imagebus(pipeline, "recipe", *arguments)
    assert code == 0, answer
    return answer


def picture(number: int) -> bytes:
    seeded = random.Random(number)
    if not MEASURED:
        return jpeg(f"#{number % 256:02x}4080", (seeded.randint(160, 400), seeded.randint(160, 400)))
    width, height = seeded.randint(400, 1600), seeded.randint(400, 1600)
    left, top = seeded.randint(0, 4000 - width), seeded.randint(0, 4000 - height)
    buffer = io.BytesIO()
    _photograph().crop((left, top, left + width, top + height)).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


@cache
def _photograph() -> Image.Image:
    return photo(4000, 4000)


class Change:
    """Images in a folder of their own, to which the new set's first recipe applies. Others keep theirs."""

    def __init__(self, pipeline: Pipeline, folder: Path) -> None:
        self.pipeline = pipeline
        self.prefix = pipeline.key("")
        self.recipes = pipeline.target.deployed.recipes
        self.bodies: dict[str, bytes] = {}
        #: A sample of the images, because each look costs time.
        self.watched: set[str] = set()
        warm = pipeline.upload(pipeline.key(), picture(0))
        pipeline.wait(warm, "completed")
        self.before = writing.of_default(self.recipes.default())
        mine = {
            "name": "mine",
            "match": {"prefix": self.prefix},
            "variants": {
                "320x320": {"width": 320, "height": 320},
                "card": {"width": 160, "height": 90, "fit": "cover", "formats": ["avif", "jpeg"]},
            },
            "watermark": {"text": "new"},
        }
        self.after = RecipeSet.read({"recipes": [mine, *self.before.settings()["recipes"]]})
        self.files = {name: folder / f"{name}.yml" for name in ("before", "after")}
        self.files["before"].write_text(writing.text(self.before, None))
        self.files["after"].write_text(yaml.safe_dump(self.after.settings()))

    def upload(self, numbers: Sequence[int]) -> list[str]:
        for number in numbers:
            self.bodies[f"{self.prefix}{number}.jpg"] = picture(number)
        keys = [f"{self.prefix}{number}.jpg" for number in numbers]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: self.pipeline.upload(key, self.bodies[key]), keys))
        return keys

    def delete(self, key: str) -> None:
        self.pipeline.delete(key)
        del self.bodies[key]

    def shown(self) -> dict[str, Shown]:
        # A new reader, because one remembers for a second what was active.
        deployed = self.pipeline.target.deployed
        active = DynamoDBRecipes(deployed.dynamodb, deployed.recipes_table, SystemClock()).active()
        return {key: shown(self.pipeline.status(key), active) for key in self.bodies}

    def complete(self) -> int:
        """How many of those that are watched have their new variants."""
        recipe = self.after.recipes[0].recipe
        items = statuses(self.pipeline.target.deployed, self.bodies.keys() & self.watched).values()
        return sum("format" in item and objects_of(item, recipe) is not None for item in items)

    def reach(self, number: int, run: subprocess.Popen[str]) -> None:
        what = f"{number} images have their new variants"
        eventually(lambda: self.complete() >= number or run.poll() is not None, within=300, what=what)

    def backfill(self, *options: str) -> subprocess.Popen[str]:
        arguments = ["recipe", "backfill", str(self.files["after"]), "--prefix", self.prefix, *options]
        process = imagebus_command(self.pipeline, *arguments)
        return subprocess.Popen(process, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def kill(self, how: signal.Signals, meanwhile: Sequence[int]) -> None:
        """Interrupt a backfill that has made some progress while images were uploaded."""
        started = self.complete()
        with self.backfill() as run:
            try:
                enough = started + max(2, len(self.watched) // (2 * KILLS))
                self.reach(started + 1, run)
                self.upload(meanwhile)
                self.reach(enough, run)
                run.send_signal(how)
                output = run.communicate(timeout=60)
            finally:
                run.kill()
        expected = (130, 0) if how == signal.SIGINT else (-how, 0)
        assert run.returncode in expected, output


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.embedded("it switches what all images of the stack show")
def test_the_sizes_are_changed_and_nobody_notices(pipeline: Pipeline, tmp_path: Path) -> None:
    change = Change(pipeline, tmp_path)
    after = str(change.files["after"])
    recipe(pipeline, "promote", str(change.files["before"]), "--yes")
    try:
        _changed(change, pipeline, after)
    finally:
        recipe(pipeline, "promote", str(change.files["before"]), "--yes")
        change.recipes.use_candidate(change.before)


def _changed(change: Change, pipeline: Pipeline, after: str) -> None:
    keys = change.upload(range(IMAGES))
    change.watched.update(keys[:: max(1, IMAGES // 200)])
    for key in keys:
        pipeline.wait(key, "completed")
    pipeline.settled()
    old = {each.recipe for each in change.shown().values()}
    plan = recipe(pipeline, "plan", after, "--prefix", change.prefix)
    assert plan["lacking"] == IMAGES
    assert plan["variants"] == {"card avif": IMAGES, "card jpeg": IMAGES}
    assert plan["shared"] == IMAGES
    assert plan["remaining"]["usd"] > 0

    if MEASURED:
        _timed(change, pipeline)

    # Killed again and again, while others upload, overwrite and delete.
    numbers = iter(range(30_000, 30_000 + LIVE))
    for turn in range(KILLS):
        change.kill(signal.SIGKILL if turn % 2 else signal.SIGINT, [next(numbers), next(numbers)])
        if turn % 2:
            change.upload([turn])
            change.delete(f"{change.prefix}{IMAGES - turn}.jpg")
    for key in change.bodies:
        pipeline.wait(key, "completed")
    started = time.monotonic()
    done = recipe(pipeline, "backfill", after, "--prefix", change.prefix)
    assert (done["lacking"], done["failed"]) == (0, [])
    made = recipe(pipeline, "plan", after, "--prefix", change.prefix)["made"]
    print(
        f"the last run took {time.monotonic() - started:.0f} s: {json.dumps(done)}\nall: {json.dumps(made)}"
    )

    # Readers still see what they saw; each image is completed, and was announced once per upload.
    pipeline.settled()
    assert {each.recipe for each in change.shown().values()} == old
    for key in change.bodies:
        item = pipeline.status(key)
        assert item["status"] == "completed"
        completed = [each for each in pipeline.log(key) if each.detail_type == "ImageProcessed"]
        assert len(completed) == 1
        overwritten = key in {f"{change.prefix}{turn}.jpg" for turn in range(1, KILLS, 2)}
        assert len(pipeline.notifications(key)) == 1 + overwritten, key
    _made_as_in_one_go(change, pipeline)

    # All new at once, all old at once.
    started = time.monotonic()
    switched = recipe(pipeline, "promote", after, "--yes")
    print(f"promoted in {time.monotonic() - started:.1f} s")
    assert switched["to_set"] == change.after.id
    assert {each.recipe for each in change.shown().values()} == {change.after.recipes[0].recipe.id}
    eventually(lambda: _heard(pipeline), within=30, what="RecipePromoted")
    assert recipe(pipeline, "rollback", "--yes")["to_set"] == change.before.id
    assert {each.recipe for each in change.shown().values()} == old
    recipe(pipeline, "promote", after, "--yes")

    # What nobody sees goes, and nothing else does.
    counted = recipe(pipeline, "prune")
    removed = recipe(pipeline, "prune", "--yes")
    assert removed["objects"] == counted["objects"] >= 4 * len(change.bodies)
    for key, each in change.shown().items():
        assert each.watermarked
        left = pipeline.derived(derived_prefix(key, pipeline.status(key)["revision"]))
        assert {name for name in left if "/thumbnails/" in name} == {item["key"] for item in each.thumbnails}
        assert [name for name in left if "/watermarked." in name] == [each.watermarked["key"]]
    assert recipe(pipeline, "prune")["objects"] == 0


def _timed(change: Change, pipeline: Pipeline) -> None:
    """Uploads alone, and the same beside a backfill."""
    alone = _live(change, pipeline, range(10_000, 10_000 + TIMED))
    with change.backfill("--rate", str(RATE)) as run:
        try:
            change.reach(1, run)
            meanwhile = _live(change, pipeline, range(20_000, 20_000 + TIMED))
            assert run.poll() is None, "it has ended before the uploads have"
            run.send_signal(signal.SIGINT)
            run.communicate(timeout=60)
        finally:
            run.kill()
    print(f"p95 of uploads: {alone:.2f} s alone, {meanwhile:.2f} s beside a backfill of {RATE} images/s")


def _live(change: Change, pipeline: Pipeline, numbers: Sequence[int]) -> float:
    """Two uploads at a time."""
    for pair in zip(numbers[::2], numbers[1::2], strict=True):
        for key in change.upload(pair):
            pipeline.wait(key, "completed")
    return _p95(pipeline, [f"{change.prefix}{number}.jpg" for number in numbers])


def _p95(pipeline: Pipeline, keys: Sequence[str]) -> float:
    """Seconds from upload to the last fact."""
    seconds = sorted(pipeline.status(key)["duration_ms"] / 1000 for key in keys)
    return seconds[int(0.95 * (len(seconds) - 1))]


def _heard(pipeline: Pipeline) -> list[Any]:
    return [each for each in list(pipeline._delivered) if each["detail-type"] == "RecipePromoted"]


def _made_as_in_one_go(change: Change, pipeline: Pipeline) -> None:
    """Every object has the bytes that the engine makes of the upload without any interruption."""
    chosen = change.after.recipes[0].recipe
    bucket = pipeline.outputs["ImagesBucketName"]
    assert chosen.watermark != "none"
    # Each is made together with those that were missing at the same time.
    at_upload = outputs(change.before.recipes[0].recipe, "JPEG", 1, RECIPE)
    wanted = outputs(chosen, "JPEG", 1, RECIPE)
    known = {each.id for each in at_upload}
    added = [each for each in wanted if each.id not in known]
    assert 0 < len(added) < len(wanted)
    for key, body in change.bodies.items():
        found = objects_of(pipeline.status(key), chosen)
        assert found
        assert found.watermarked
        made = {
            each.id: derived.data
            for some in (at_upload, added)
            for each, derived in zip(some, derive(body, some), strict=True)
        }
        assert [(each["name"], each["variant"]) for each in found.thumbnails] == [
            (each.name, each.id) for each in wanted
        ]
        for each in found.thumbnails:
            assert pipeline.read(bucket, each["key"]) == made[each["variant"]], each["key"]
        assert pipeline.read(bucket, found.watermarked["key"]) == watermark(body, chosen.watermark).data
