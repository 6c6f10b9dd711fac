"""200 files, interrupted by Ctrl-C and uploaded again: each is stored once, and the exit codes are right."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.e2e.harness import Pipeline, eventually

FILES = 200

#: Press Ctrl-C once this many are in the bucket: an upload of two at a time is then far from done.
SOME = 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Unique files. They are not images, so a pipeline that sees them rejects them immediately."""
    for number in range(FILES):
        path = tmp_path / "photos" / f"{number % 10}" / f"{number:03}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"not picture {number}")
    return tmp_path / "photos"


def command(pipeline: Pipeline, folder: Path, prefix: str, *options: str) -> Sequence[str]:
    program = str(Path(sys.executable).with_name("imagebus"))
    return [program, "upload", str(folder), "--prefix", prefix, *options, *pipeline.target.options]


def versions(pipeline: Pipeline, prefix: str) -> Counter[str]:
    """The number of versions or delete markers of each key."""
    pages = pipeline.client("s3").get_paginator("list_object_versions")
    return Counter(
        version["Key"]
        for page in pages.paginate(Bucket=pipeline.outputs["UploadsBucketName"], Prefix=prefix)
        for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    )


def interrupted(pipeline: Pipeline, folder: Path, prefix: str) -> subprocess.CompletedProcess[str]:
    """The result of the upload after Ctrl-C, pressed when some of the files were stored."""
    arguments = command(pipeline, folder, prefix, "--jobs", "2")
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        try:
            eventually(
                lambda: sum(versions(pipeline, prefix).values()) >= SOME or run.poll() is not None,
                within=60,
                what=f"{SOME} files uploaded",
            )
            run.send_signal(signal.SIGINT)
            stdout, stderr = run.communicate(timeout=30)
        finally:
            run.kill()
    return subprocess.CompletedProcess(arguments, run.returncode, stdout, stderr)


@pytest.fixture
def unseen(pipeline: Pipeline) -> Iterator[None]:
    """Only the bucket matters here. To reject 200 files takes longer than to upload them."""
    if not pipeline.target.embedded:  # where objects that nobody processed would stay
        yield
        return
    events, rule = pipeline.client("events"), pipeline.resource("IngestRule").rsplit("/", 1)[-1]
    events.disable_rule(Name=rule)
    try:
        yield
    finally:
        events.enable_rule(Name=rule)


@pytest.mark.e2e
@pytest.mark.usefixtures("unseen")
def test_two_hundred_files_interrupted_and_started_again_are_there_once_each(
    pipeline: Pipeline, folder: Path
) -> None:
    prefix = pipeline.key("")
    keys = {f"{prefix}{path.relative_to(folder).as_posix()}" for path in folder.rglob("*.jpg")}

    first = interrupted(pipeline, folder, prefix)
    there = versions(pipeline, prefix)
    assert first.returncode == 130, first.stderr
    assert "Interrupted. Run the same command again to continue." in first.stderr
    assert SOME <= len(there) < FILES
    said = re.fullmatch(r"200 files: (\d+) uploaded, (\d+) not started\n", first.stdout)
    assert said, first.stdout
    assert [int(number) for number in said.groups()] == [len(there), FILES - len(there)]

    second = subprocess.run(
        command(pipeline, folder, prefix, "--json"), capture_output=True, text=True, check=False
    )
    assert second.returncode == 0, second.stderr
    document = json.loads(second.stdout)
    assert sorted(document["there_already"]) == sorted(there)
    assert sorted(document["uploaded"]) == sorted(keys - set(there))
    assert (document["failed"], document["not_begun"], document["interrupted"]) == ([], 0, False)
    assert versions(pipeline, prefix) == dict.fromkeys(keys, 1)
    pipeline.settled()  # the rejections take seconds; wait, so that no later test queues behind them
