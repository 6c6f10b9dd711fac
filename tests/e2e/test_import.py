"""An existing bucket is imported with few permissions, once, and an upload wins over the import.

`make import` runs it with 500 objects.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from imagebus.history.fold import Item
from imagebus.history.recorded import RecordedEvent
from imagebus.identity import derived_prefix, is_imported
from imagebus_cli.adopt.adopting import AT_ONCE
from imagebus_cli.adopt.commands import INTERRUPTED, steps
from imagebus_cli.adopt.outcome import ImportOutcome
from imagebus_cli.adopt.sources import listed
from imagebus_cli.uploads.tracking import statuses
from tests.e2e.harness import Pipeline, eventually, jpeg
from tests.e2e.operators import Operator, operator

#: A third is imported when Ctrl-C comes, and as many more are asked for when the second run is killed.
IMAGES = max(30, int(os.environ.get("IMAGEBUS_IMPORT", "30")))
THIRD = IMAGES // 3
#: Objects per second until then, slow enough that no run is done before it is interrupted.
RATE = IMAGES / 50
ENDS = ("ImageProcessed", "ImageRejected", "ProcessingFailed", "ProcessingStalled")


@contextmanager
def unnoticed(pipeline: Pipeline) -> Iterator[None]:
    """What is uploaded meanwhile is reported to nobody, as before there was a pipeline."""
    s3, bucket = pipeline.client("s3"), pipeline.outputs["UploadsBucketName"]
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    try:
        yield
    finally:
        on: dict[str, Any] = {"EventBridgeConfiguration": {}}
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=on)


class Bucket:
    """Images, folder markers and empty files in a folder of their own. They have no log."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.folder = pipeline.key("")
        self.images = [f"{self.folder}{number:04} a+b%20é.jpg" for number in range(IMAGES)]
        self.empty = [f"{self.folder}{name}" for name in ("0000.jpg", "empty")]
        self.markers = [self.folder, f"{self.folder}inner/"]
        picture = jpeg(size=(200, 150))
        with unnoticed(pipeline), ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: pipeline.upload(key, picture), self.images))
            for key in (*self.empty, *self.markers):
                pipeline.upload(key, b"")

    @property
    def recorded(self) -> set[str]:
        return set(statuses(self.pipeline.target.deployed, self.images, ("image_key",)))

    def reach(self, number: int, run: Run) -> None:
        what = f"{number} images are recorded"
        eventually(lambda: len(self.recorded) >= number or run.ended, within=60, what=what)

    def in_inbox(self) -> int:
        """Messages that ingest has not handled."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        sqs = self.pipeline.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{self.pipeline.target.stack}_ingest_inbox")["QueueUrl"]
        return sum(
            map(int, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())
        )

    def wait_inbox(self, number: int, run: Run) -> None:
        what = f"{number} messages in the inbox of ingest"
        eventually(lambda: self.in_inbox() >= number or run.ended, within=60, what=what)


class Run:
    """`imagebus import` in a process of its own."""

    def __init__(self, bucket: Bucket, who: Operator, rate: float) -> None:
        command = [sys.executable, "-m", "imagebus_cli.main", "import", "--prefix", bucket.folder]
        arguments = [*command, "--rate", str(rate), "--json", *who.options]
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self._process = subprocess.Popen(arguments, env=who.environment, text=True, **pipes)
        self._started = time.monotonic()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def interrupt(self, how: signal.Signals) -> None:
        self._process.send_signal(how)

    def end(self, expected: int) -> dict[str, Any]:
        """The answer, which is empty if it was killed."""
        stdout, stderr = self._process.communicate(timeout=60 + IMAGES)
        assert self._process.returncode == expected, stdout + stderr
        answer: dict[str, Any] = json.loads(stdout) if stdout else {}
        seconds = time.monotonic() - self._started
        print(f"{seconds:.1f} s, exit code {expected}: {json.dumps(answer.get('outcomes'))}")
        return answer


@pytest.mark.e2e
@pytest.mark.slow
def test_an_interrupted_import_takes_in_everything_once(pipeline: Pipeline) -> None:
    started = time.monotonic()
    bucket, dead = Bucket(pipeline), pipeline.dead_letters()
    # Real uploads: before the import gets there, and after.
    late, deleted, early = bucket.images[0], *bucket.images[-2:]
    print(f"{time.monotonic() - started:.1f} s: {IMAGES} images are in the bucket")
    started = time.monotonic()

    with operator(pipeline, "import") as who, ExitStack() as runs:
        run = runs.enter_context(Run(bucket, who, RATE))
        bucket.reach(1, run)
        pipeline.upload(early, jpeg("red"))
        pipeline.delete(deleted)
        pipeline.wait(early)
        pipeline.wait(deleted, "deleted")
        bucket.reach(THIRD, run)
        run.interrupt(signal.SIGINT)
        assert run.end(INTERRUPTED)["interrupted"]
        print(f"{len(bucket.recorded)} images have a log after Ctrl-C")
        pipeline.wait(late)
        pipeline.upload(late, jpeg("red"))

        with pipeline.unpolled("IngestFunction"):
            run = runs.enter_context(Run(bucket, who, RATE))
            bucket.wait_inbox(THIRD, run)
            run.interrupt(signal.SIGKILL)
            run.end(-signal.SIGKILL)
            asked, recorded = bucket.in_inbox(), bucket.recorded
            print(f"{len(recorded)} images have a log after SIGKILL, and {asked} messages wait")
            # What has no log yet is asked for again. One of these images is uploaded as well.
            waiting = next(key for key in bucket.images if key not in recorded)
            pipeline.upload(waiting, jpeg("red"))
            run = runs.enter_context(Run(bucket, who, 10))
            bucket.wait_inbox(asked + 1 + AT_ONCE, run)
        assert not run.end(0)["refused"]
        for key in (*bucket.images, *bucket.empty):
            pipeline.wait(key)
        print(f"{time.monotonic() - started:.1f} s: all images are in their final state")
        pipeline.settled()
        outcomes = runs.enter_context(Run(bucket, who, 10)).end(0)["outcomes"]
        assert outcomes == {"folder": 2, "known": len(bucket.images) - 1 + len(bucket.empty)}

    pipeline.settled()
    assert pipeline.dead_letters() == dead
    for marker in bucket.markers:
        assert (pipeline.status(marker), pipeline.store.history(marker)) == ({}, [])
    for key in bucket.empty:
        assert _once(pipeline, key, "rejected")["reason"] == "empty"
    uploaded = {early, late, waiting}
    for key in bucket.images:
        if key not in {*uploaded, deleted}:
            _once(pipeline, key, "completed")
    for key in uploaded:
        item = pipeline.status(key)
        assert (item["status"], item["width"]) == ("completed", 800), key
        assert not is_imported(item["revision"])
    assert pipeline.status(deleted)["status"] == "deleted"
    assert not pipeline.notifications(deleted)
    assert len(_of(pipeline, late, "ImageUploaded")) == len(pipeline.notifications(late)) == 2
    twice = [key for key in bucket.images if len(_heard(pipeline, key)) > len(set(_heard(pipeline, key)))]
    assert twice, "no object was asked for twice"
    print(f"{len(twice)} objects were asked for twice")


def _once(pipeline: Pipeline, key: str, status: str) -> Item:
    """One imported revision that ended once, and was announced once."""
    item = pipeline.status(key)
    assert item["status"] == status, key
    (uploaded,) = _of(pipeline, key, "ImageUploaded")
    assert uploaded.detail["data"]["reason"] == "imported"
    assert is_imported(item["revision"])
    ends = [each for each in pipeline.store.history(key) if each.detail_type in ENDS]
    assert len(ends) == len(pipeline.notifications(key)) == len(set(_heard(pipeline, key))) == 1, key
    mine = derived_prefix(key, item["revision"])
    derived = pipeline.derived(derived_prefix(key))
    assert bool(derived) == (status == "completed")
    assert all(name.startswith(mine) for name in derived), key
    return item


def _of(pipeline: Pipeline, key: str, detail_type: str) -> list[RecordedEvent]:
    return [each for each in pipeline.store.history(key) if each.detail_type == detail_type]


def _heard(pipeline: Pipeline, key: str) -> list[str]:
    """The ids of its ImageUploaded on the bus, as often as they were published."""
    uploads = [each for each in pipeline.delivered(key) if each["detail-type"] == "ImageUploaded"]
    return [each["detail"]["meta"]["event_id"] for each in uploads]


@pytest.mark.e2e
def test_another_bucket_is_copied_and_processed(pipeline: Pipeline) -> None:
    s3, other = pipeline.client("s3"), "import-source"
    key = pipeline.key("copied é+%20.jpg")
    s3.create_bucket(Bucket=other)
    s3.put_object(Bucket=other, Key=key, Body=jpeg(size=(200, 150)))
    try:
        with operator(pipeline, "import", "import s3://OTHER/…", other_bucket=other) as who:
            stack = who.stack

            def run() -> list[ImportOutcome]:
                objects = listed(stack.s3, other, "")
                return [outcome for _, outcome in steps(stack, objects, 1000, other)]

            assert run() == [ImportOutcome.COPIED]
            assert run() == [ImportOutcome.KNOWN]
    finally:
        s3.delete_object(Bucket=other, Key=key)
        s3.delete_bucket(Bucket=other)
    pipeline.wait(key, "completed")
    (uploaded,) = [event for event in pipeline.log(key) if event.detail_type == "ImageUploaded"]
    assert uploaded.detail["data"]["reason"] == "CopyObject"
