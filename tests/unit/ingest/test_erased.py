"""What ingest makes of the delete marker and the removals of an erase."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

import pytest

from imagebus.erasures import DynamoDBErasures
from imagebus.events import Meta, new_event
from imagebus.events.ingest import ImageDeleted, ImageUploaded
from imagebus.identity import revision
from imagebus.objects import CurrentObject
from imagebus.testing import ManualClock
from ingest.folders import is_of_folder
from ingest.keys import under_actual_key
from ingest.removals import _is_later, announce_current, key_of_erase, removal
from tests.unit.core.events import recorded
from tests.unit.ingest.test_ingest import REMOVED, Bench

MARKER = ImageDeleted(bucket="uploads", deletion_type="Delete Marker Created")


@pytest.fixture
def bench() -> Bench:
    return Bench()


def marker(key: str, version_id: str | None = "m") -> Meta:
    return new_event(
        MARKER, image_key=key, revision=revision("1F"), clock=ManualClock(), version_id=version_id
    ).meta


@pytest.mark.parametrize("sent", ["a b.jpg", quote_plus("a b.jpg")])
def test_a_marker_is_of_an_erase_under_either_form_of_the_key(bench: Bench, sent: str):
    bench.erasures.extend("a b.jpg", versions=["m"])
    assert key_of_erase(marker(sent), bench.erasures) == "a b.jpg"
    assert bench.erasures.of("a b.jpg").through == revision("1F")


def test_a_marker_of_somebody_else_is_not(bench: Bench):
    bench.erasures.extend("k", versions=["m"])
    assert key_of_erase(marker("k", "other"), bench.erasures) is None
    assert key_of_erase(marker("k", None), bench.erasures) is None
    assert bench.erasures.of("k").through == ""


def test_only_deletions_are_compared_with_erasures(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    bench.s3.put_object(Bucket="uploads", Key="k", Body=b"1")
    monkeypatch.setattr(DynamoDBErasures, "of", None)
    assert bench.receive(*bench.events) == 0
    assert bench.bus.types == ["ImageUploaded"]


def test_a_key_that_an_erase_knows_is_not_looked_up(bench: Bench):
    """Its version may be gone."""

    def ask(*_: Any) -> bool:
        raise AssertionError("S3 was asked")

    meta = marker(quote_plus("a b.jpg"))
    event = new_event(
        MARKER, image_key=meta.image_key, revision=meta.revision, clock=ManualClock(), version_id="m"
    )
    assert under_actual_key(event, ask, ManualClock(), "a b.jpg").meta.image_key == "a b.jpg"
    assert under_actual_key(event, ask, ManualClock(), meta.image_key) == event


def uploaded(key: str, size: int, at: str, version_id: str | None = "v") -> Any:
    data = ImageUploaded(bucket="uploads", size=size, etag="e", reason="PutObject")
    return new_event(data, image_key=key, revision=revision(at), clock=ManualClock(), version_id=version_id)


def test_of_an_upload_with_content_s3_is_not_asked_whether_it_is_a_folder():
    assert not is_of_folder(uploaded("k/", 1, "1F"), None)  # type: ignore[arg-type]  # it would be called


def test_a_key_that_never_had_a_version_is_not_a_folder():
    class Empty:
        def sizes(self, bucket: str, key: str) -> list[int]:
            return []

    assert not is_of_folder(uploaded("k/", 0, "1F"), Empty())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("current", "logged", "later"),
    [
        ("v", ("v", "20"), True),
        ("v", ("v", "1F"), False),
        ("v", ("v", "1E"), False),
        ("v", ("w", "20"), False),
        (None, (None, "20"), False),
    ],
)
def test_what_is_current_is_later_if_the_log_has_its_version_after_the_removal(
    current: str | None, logged: tuple[str | None, str], later: bool
):
    removed = removal(REMOVED)
    assert removed is not None
    assert removed.revision == revision("1F")
    version, at = logged
    events = [recorded(uploaded("k", 1, at, version))]
    assert _is_later(CurrentObject(current, 1, "e"), removed, events) is later


def announced(bench: Bench, key: str, current: CurrentObject | None) -> str | None:
    """What the removal of version `v` comes to."""

    class Objects:
        def current(self, bucket: str, key: str) -> CurrentObject | None:
            return current

    thing = REMOVED["detail"]["object"] | {"key": key, "version-id": "v"}
    event = announce_current(
        REMOVED | {"detail": REMOVED["detail"] | {"object": thing}}, Objects(), lambda: bench, ManualClock()
    )
    return event.detail_type if event else None


def test_a_folder_is_removed_without_an_event(bench: Bench):
    assert announced(bench, "k/", None) is None
    assert announced(bench, "k/", CurrentObject("w", 0, "e")) is None


def test_an_image_whose_key_ends_like_a_folder_is_not_one(bench: Bench):
    assert announced(bench, "k/", CurrentObject("w", 5, "e")) == "ImageUploaded"
    bench.erasures.extend("k/", versions=["v"])
    assert announced(bench, "k/", None) == "ImageDeleted"


def test_of_a_finished_erase_nothing_is_announced_while_something_is_current(bench: Bench):
    """A later upload has an event of its own, whether the log shows that it was later or not."""
    bench.erasures.extend("k", versions=["v"], sealed=True)
    for at in ("1E", "20"):
        bench.others = [recorded(uploaded("k", 5, at, "w"))]
        assert announced(bench, "k", CurrentObject("w", 5, "e")) is None
    assert bench.erasures.of("k").through == ""
