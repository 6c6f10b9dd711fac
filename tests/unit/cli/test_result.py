"""When an image has its expected outcome."""

from __future__ import annotations

from dataclasses import replace

import pytest

from imagebus_cli.demo.pictures import Picture
from imagebus_cli.demo.result import DemoResult, results
from imagebus_cli.stack.subscription import Notification
from tests.unit.cli.builders import REVISION, item, result, upload


def told(key: str, revision: str = REVISION) -> Notification:
    return Notification("", {"image_key": key, "event": {"detail": {"meta": {"revision": revision}}}})


@pytest.mark.parametrize("status", ["completed", "rejected"])
def test_of_a_persons_own_image_either_ending_is_right(status: str):
    assert result(status=status).trouble is None


@pytest.mark.parametrize("status", ["failed", "deleted"])
def test_a_failure_is_never_right(status: str):
    assert status in str(result(status=status, reason="why").trouble)


def test_a_sample_must_end_as_announced():
    sample = Picture("a.jpg", bytes, "rejected", "empty")
    right = DemoResult(sample, item(status="rejected", reason="empty"), 1.0, 1)
    assert right.trouble is None
    assert "corrupt" in str(replace(right, item=item(status="rejected", reason="corrupt")).trouble)
    assert "completed" in str(replace(right, item=item()).trouble)


def test_an_image_without_an_end_is_trouble():
    (only,) = results([Picture("a.jpg", bytes)], [upload()], {}, [])
    assert (only.status, only.seconds) == ("unfinished", None)
    assert only.trouble == "did not finish in time"


@pytest.mark.parametrize("count", [0, 2])
def test_an_image_is_announced_once(count: int):
    (only,) = results([Picture("a.jpg", bytes)], [upload()], {"a.jpg": item()}, [told("a.jpg")] * count)
    assert only.trouble == f"was announced {count} times"


def test_a_notification_about_an_older_upload_does_not_count():
    told_before = told("a.jpg", "01".ljust(32, "0"))
    (only,) = results([Picture("a.jpg", bytes)], [upload()], {"a.jpg": item()}, [told_before, told("a.jpg")])
    assert only.trouble is None


def test_seconds_count_from_the_put_to_the_final_event():
    (only,) = results([Picture("a.jpg", bytes)], [upload()], {"a.jpg": item()}, [])
    assert only.seconds == 1.5
