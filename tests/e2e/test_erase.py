"""An erased image is gone: every version, everything derived, log and status. Other images stay.

`make erase` erases 50 images.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, count, cycle
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import yaml

from imagebus.identity import derived_prefix
from imagebus.recipes.model import RecipeSet
from imagebus.recipes.store import DynamoDBRecipes
from imagebus_cli.images.erase import erase
from imagebus_cli.recipes import writing
from tests.e2e.harness import Pipeline, eventually, jpeg
from tests.e2e.test_replay import give_up, imagebus, imagebus_command

IMAGES = int(os.environ.get("IMAGEBUS_ERASE", "9"))
AT_ONCE = 4
#: Each brings every event of the stack again, which takes longer than an erasure.
REPLAYS = 5 if IMAGES >= 50 else 2


@pytest.mark.e2e
def test_an_erased_image_is_gone_with_all_its_versions(pipeline: Pipeline) -> None:
    stack = pipeline.target.deployed
    key = pipeline.upload(pipeline.key(), jpeg())
    neighbour = pipeline.upload(f"{key}.backup", jpeg())
    pipeline.wait(key, "completed")
    pipeline.upload(key, jpeg("red"))
    pipeline.settled()
    pipeline.wait(key, "completed")
    pipeline.delete(key)
    pipeline.wait(key, "deleted")
    pipeline.wait(neighbour, "completed")
    pipeline.settled()

    erased = erase(stack, key)
    assert erased.versions == 3  # two uploads and a delete marker
    pipeline.settled()

    assert pipeline.status(key) == {}
    assert pipeline.store.history(key) == []
    assert pipeline.derived(derived_prefix(key)) == []
    versions = pipeline.client("s3").list_object_versions(Bucket=stack.uploads, Prefix=key)
    assert {each["Key"] for each in versions["Versions"]} == {neighbour}
    assert pipeline.status(neighbour)["status"] == "completed"
    assert not erase(stack, key).anything


class Images:
    """Images to erase, in turn in each of STATES, and neighbours whose keys start with theirs.

    Some states last for a moment only. These are made right before the erasure, by what `prepare` returns.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.prefix = pipeline.key("")
        self.states = dict(zip((f"{self.prefix}{n}.jpg" for n in range(IMAGES)), cycle(STATES), strict=False))
        self.keys = list(self.states)
        self.neighbours = [f"{key}.backup" for key in self.keys[:: len(STATES)]]
        self.colors = (f"#{number % 256:02x}{number // 256:02x}80" for number in count(1))

    def prepare(self) -> dict[str, Callable[[], object]]:
        for key in self.neighbours:
            self.upload(key)
        with ThreadPoolExecutor(8) as pool:
            last = dict(zip(self.keys, pool.map(self._prepare, self.keys), strict=True))
        for key in self.neighbours:
            self.pipeline.wait(key, "completed", within=60)
        self.pipeline.settled()
        failing = [key for key, state in self.states.items() if state == "failed"]
        for key in failing:  # once no event is on the way that would complete it again
            give_up(self.pipeline, key)
        for key in failing:
            self.pipeline.wait(key, "failed")
        self.pipeline.settled()
        return last

    def upload(self, key: str) -> None:
        """Each upload has other bytes than the ones before."""
        self.pipeline.upload(key, jpeg(next(self.colors), (320, 240)))

    def _prepare(self, key: str) -> Callable[[], object]:
        return STATES[self.states[key]](self, key)

    def _completed(self, key: str) -> Callable[[], object]:
        self.upload(key)
        self.pipeline.wait(key, "completed", within=60)
        return lambda: None

    def _rejected(self, key: str) -> Callable[[], object]:
        self.pipeline.upload(key, b"no image")
        self.pipeline.wait(key, "rejected", within=60)
        return lambda: None

    def _deleted(self, key: str) -> Callable[[], object]:
        self._completed(key)
        self.pipeline.delete(key)
        self.pipeline.wait(key, "deleted")
        return lambda: None

    def _overwritten(self, key: str) -> Callable[[], object]:
        self._completed(key)
        first = self.pipeline.status(key)["revision"]
        self.upload(key)
        eventually(lambda: self.pipeline.status(key)["revision"] != first, within=60, what=f"{key} again")
        self.pipeline.wait(key, "completed", within=60)
        return lambda: None

    def _being_overwritten(self, key: str) -> Callable[[], object]:
        self._completed(key)
        return lambda: self._in_work(key)

    def _being_deleted(self, key: str) -> Callable[[], object]:
        self._completed(key)
        return lambda: self.pipeline.delete(key)

    def _in_work(self, key: str) -> None:
        self.upload(key)
        time.sleep(0.1 * (1 + self.keys.index(key) % 7))

    # What is still in the functions' queues, at different stages.
    def _just_seen(self, key: str) -> Callable[[], object]:
        return lambda: self._in_work(key)

    # Nothing has reported the upload yet.
    def _pending(self, key: str) -> Callable[[], object]:
        return lambda: self.upload(key)


STATES: dict[str, Callable[[Images, str], Callable[[], object]]] = {
    "completed": Images._completed,
    "in work": Images._just_seen,
    "rejected": Images._rejected,
    "pending": Images._pending,
    "failed": Images._completed,
    "being overwritten": Images._being_overwritten,
    "deleted": Images._deleted,
    "overwritten": Images._overwritten,
    "being deleted": Images._being_deleted,
}


@pytest.mark.slow
@pytest.mark.embedded("it replays the whole archive, and backfills a recipe")
def test_images_in_every_state_are_erased_while_uploads_and_a_replay_run(
    pipeline: Pipeline, recipes: DynamoDBRecipes, tmp_path: Path
) -> None:
    images = Images(pipeline)
    last = images.prepare()
    neighbours = {key: everything(pipeline, key) for key in images.neighbours}
    erased: dict[str, float] = {}
    found: Counter[str] = Counter()

    def erase_one(key: str) -> None:
        last[key]()
        found[pipeline.status(key).get("status", "unknown")] += 1
        erase(pipeline.target.deployed, key)
        erased[key] = time.time()

    with (
        # It ends last: while replays fill the recorder's inbox, its answers are late.
        backfilling(pipeline, images.prefix, more_sizes(recipes, images.prefix, tmp_path)),
        repeated(lambda: upload_one(pipeline)) as others,
        repeated(lambda: replay(pipeline), at_most=REPLAYS) as replays,
    ):
        eventually(lambda: requested(pipeline, images), within=30, what="a derivation is requested")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(erase_one, images.keys))
    for key in others:
        pipeline.wait(key, "completed", within=60)
    pipeline.settled()
    left = {key: rest for key in images.keys if (rest := everything(pipeline, key))}
    assert left == {}
    assert replay(pipeline, "--follow") == "COMPLETED"
    pipeline.settled()
    back = {key: rest for key in images.keys if (rest := everything(pipeline, key))}
    assert back == {}
    mails = [each.subject for key in images.keys for each in told_after(pipeline, key, erased[key])]
    assert mails == []
    for key, before in neighbours.items():  # the backfill added to them
        assert set(everything(pipeline, key)) >= set(before)
        assert pipeline.status(key)["status"] == "completed"

    uploaded = time.time()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(images.upload, images.keys))
    for key in images.keys:
        pipeline.wait(key, "completed", within=60)
        pipeline.wait_notifications(key)
    pipeline.settled()
    for key in images.keys:
        item = pipeline.status(key)
        assert {event.revision for event in pipeline.store.history(key)} == {item["revision"]}
        (told,) = told_after(pipeline, key, uploaded)
        assert told.body["status"] == "completed"
    assert replays
    print(f"{IMAGES} erased ({dict(found)}) during {len(others)} uploads and {len(replays)} replays")


def everything(pipeline: Pipeline, key: str) -> list[str]:
    """The sort keys of the table, the objects and the versions of exactly this key."""
    pages = pipeline.client("dynamodb").query(
        TableName=pipeline.outputs["StatusTableName"],
        KeyConditionExpression="image_key = :key",
        ExpressionAttributeValues={":key": {"S": key}},
        ConsistentRead=True,
    )
    rows = [item["sk"]["S"] for item in pages["Items"]]
    bucket = pipeline.outputs["UploadsBucketName"]
    listed = pipeline.client("s3").list_object_versions(Bucket=bucket, Prefix=key)
    versions = chain(listed.get("Versions", []), listed.get("DeleteMarkers", []))
    return [
        *rows,
        *pipeline.derived(derived_prefix(key)),
        *(each["VersionId"] for each in versions if each["Key"] == key),
    ]


def told_after(pipeline: Pipeline, key: str, moment: float) -> Sequence[Any]:
    return [each for each in pipeline.notifications(key) if each.sent > moment]


def more_sizes(recipes: DynamoDBRecipes, prefix: str, folder: Path) -> str:
    """A file with a set of recipes by which the images with the prefix lack a variant."""
    default = writing.of_default(recipes.default()).settings()["recipes"]
    more = {"name": "more", "match": {"prefix": prefix}, "variants": {"card": {"width": 96, "height": 54}}}
    path = folder / "more.yml"
    path.write_text(yaml.safe_dump(RecipeSet.read({"recipes": [more, *default]}).settings()))
    return str(path)


def upload_one(pipeline: Pipeline) -> str:
    time.sleep(0.5)
    return pipeline.upload(pipeline.key(), jpeg(size=(320, 240)))


def replay(pipeline: Pipeline, *options: str) -> str:
    """Starts a replay of the whole archive; its state. The sleep lets others have the machine, too."""
    time.sleep(3)
    return str(imagebus(pipeline, "replay", *options)[1]["state"])


def requested(pipeline: Pipeline, images: Images) -> list[Any]:
    """What the bus has delivered of the backfill."""
    found = chain.from_iterable(map(pipeline.delivered, images.keys))
    return [event for event in found if event["detail-type"] == "DerivationRequested"]


@contextmanager
def backfilling(pipeline: Pipeline, prefix: str, file: str) -> Iterator[None]:
    """The command runs meanwhile, and succeeds."""
    with subprocess.Popen(
        imagebus_command(pipeline, "recipe", "backfill", file, "--prefix", prefix),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        try:
            yield
            output, _ = run.communicate(timeout=240)
        finally:
            run.kill()
    assert run.returncode == 0, output


@contextmanager
def repeated(do: Callable[[], str], *, at_most: int | None = None) -> Iterator[list[str]]:
    """Does it again and again meanwhile; the results."""
    results: list[str] = []
    stop = Event()

    def run() -> None:
        while not stop.is_set() and len(results) != at_most:
            results.append(do())

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        try:
            yield results
        finally:
            stop.set()
        running.result()
