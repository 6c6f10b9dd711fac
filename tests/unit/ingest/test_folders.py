"""The empty objects by which S3's console shows a folder are not images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import pytest

from tests.unit.ingest.test_ingest import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("how", [str, quote_plus])
def test_a_folder_of_the_console_is_no_image(bench: Bench, how: Callable[[str], str]):
    def then(operation: Callable[..., Any], **request: Any) -> None:
        operation(Bucket="uploads", **request)
        event = bench.events[-1]
        event["detail"]["object"]["key"] = how(event["detail"]["object"]["key"])
        assert bench.receive(event) == 0

    then(bench.s3.put_object, Key="my holiday/", Body=b"")
    then(bench.s3.put_object, Key="my holiday/a.jpg", Body=b"1")
    then(bench.s3.delete_object, Key="my holiday/")
    for version in list(bench.s3.buckets["uploads"].keys["my holiday/"]):
        then(bench.s3.delete_object, Key="my holiday/", VersionId=version.version_id)
    assert [event.meta.image_key for event in bench.bus.events] == ["my holiday/a.jpg"]


def test_an_image_whose_key_ends_like_a_folder_is_an_image(bench: Bench):
    bench.s3.put_object(Bucket="uploads", Key="k/", Body=b"1")
    bench.receive(bench.events[-1])
    bench.s3.delete_object(Bucket="uploads", Key="k/")
    bench.receive(bench.events[-1])
    assert bench.bus.types == ["ImageUploaded", "ImageDeleted"]
    bench.s3.put_object(Bucket="uploads", Key="k/", Body=b"")
    bench.receive(bench.events[-1])
    assert bench.bus.types[2:] == ["ImageUploaded"], "an empty object replaced it"
    for version in list(bench.s3.buckets["uploads"].keys["k/"]):
        bench.s3.delete_object(Bucket="uploads", Key="k/", VersionId=version.version_id)
    bench.receive(bench.events[-1])
    assert bench.bus.types[3:] == ["ImageDeleted"]


def test_an_empty_image_is_an_image(bench: Bench):
    bench.s3.put_object(Bucket="uploads", Key="empty.jpg", Body=b"")
    bench.receive(*bench.events)
    assert bench.bus.types == ["ImageUploaded"]
