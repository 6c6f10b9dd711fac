"""What the command says that it erased."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from imagebus.identity import derived_prefix, imported_revision
from imagebus.testing.s3 import Bucket, InMemoryS3
from imagebus_cli.images import erase as erasing
from imagebus_cli.images.erase import Erased, erase, erase_leftovers
from imagebus_cli.stack.deployed import Stack
from tests.unit.cli.test_images import stack
from tests.unit.core.events import KEY, recorded, story

__all__ = ["stack"]

WRITTEN = datetime(2026, 7, 14, tzinfo=UTC)
IMPORTED, LATER = imported_revision(WRITTEN, "v1"), imported_revision(WRITTEN, "v2")


def stack_with(*, known: str) -> Stack:
    """No versions and nothing derived; the pipeline logs the erasure's own delete marker at once."""
    nothing = SimpleNamespace(paginate=lambda **_: iter([{}]))
    s3 = SimpleNamespace(delete_object=lambda **_: {"VersionId": "marker"}, get_paginator=lambda _: nothing)
    store = SimpleNamespace(
        revisions=lambda _: {known} - {""}, identities=lambda _: [{"revision": "FF"}], erase=lambda *_: 1
    )
    erasures = SimpleNamespace(extend=lambda *_, **__: None)
    found: Any = SimpleNamespace(uploads="uploads", images="images", s3=s3, store=store, erasures=erasures)
    return cast(Stack, found)


@pytest.mark.parametrize(("known", "items"), [("", 0), ("0A", 1)])
def test_the_log_of_its_own_delete_marker_is_nothing_that_was_erased(known: str, items: int) -> None:
    assert erase(stack_with(known=known), "a.jpg") == Erased(items=items)


def test_what_the_cleaner_is_quicker_to_remove_counts_as_erased(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The erase's own delete marker tells it to."""
    for event in story(KEY, IMPORTED):
        stack.store.append(recorded(event))
    add_derived(stack, IMPORTED, LATER)
    delete = stack.s3.delete_object

    def quickly(**arguments: Any) -> Any:
        delete(Bucket="images", Key=f"{derived_prefix(KEY, IMPORTED)}watermarked.png")
        return delete(**arguments)

    monkeypatch.setattr(stack.s3, "delete_object", quickly)
    assert erase(stack, KEY).derived == 2
    assert revisions_of_derived(stack) == []


def add_derived(stack: Stack, *revisions: str) -> None:
    for each in revisions:
        stack.s3.put_object(Bucket="images", Key=f"{derived_prefix(KEY, each)}watermarked.png")


def revisions_of_derived(stack: Stack) -> list[str]:
    listed = stack.s3.list_objects_v2(Bucket="images").get("Contents", [])
    return [erasing.revision_of(each["Key"]) for each in listed]


def test_an_erase_remembers_versions_that_only_the_log_has(stack: Stack) -> None:
    """Somebody has just removed them for good, and the news of that is still on the way."""
    for event in story(KEY):
        stack.store.append(recorded(event))
    erase(stack, KEY)
    assert stack.erasures.of(KEY).covers({"revision": "FF", "version_id": story(KEY)[0].meta.version_id})
    assert not stack.erasures.of(KEY).covers({"revision": "FF", "version_id": "later"})


def test_an_erase_remembers_the_imported_revisions(stack: Stack) -> None:
    """The imported version itself is gone already, so the erase never sees its id."""
    for event in story(KEY, IMPORTED):
        stack.store.append(recorded(event))
    assert erase(stack, KEY).items == len(story())
    erasure = stack.erasures.of(KEY)
    assert erasure.covers({"revision": IMPORTED})
    assert not erasure.covers({"revision": LATER})


@pytest.mark.parametrize("logged", [True, False])
def test_what_was_derived_from_an_erased_import_goes_and_a_later_import_stays(
    stack: Stack, logged: bool
) -> None:
    """The erase was interrupted after it wrote down the version."""
    stack.erasures.extend(KEY, versions=["v1"])
    for event in story(KEY, IMPORTED) if logged else ():
        stack.store.append(recorded(event))
    add_derived(stack, IMPORTED, LATER)
    assert erase_leftovers(stack, KEY).derived == 1
    assert revisions_of_derived(stack) == [LATER]
    assert stack.store.history(KEY) == []


def test_an_interrupted_removal_of_leftovers_can_be_finished(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import's log says which version it was; after it, only the erasure knows."""
    for event in story(KEY, IMPORTED):
        stack.store.append(recorded(event))
    stack.erasures.extend(KEY, versions=["v1"])
    monkeypatch.setattr(erasing, "_delete", lambda *_: None)
    erase_leftovers(stack, KEY)
    assert stack.erasures.of(KEY).covers({"revision": IMPORTED})


def test_an_import_whose_revision_ends_like_that_of_an_erased_version_stays(stack: Stack) -> None:
    stack.erasures.extend(KEY, versions=["v1"])
    alike = imported_revision(WRITTEN + timedelta(days=1), "v1")
    assert stack.erasures.of(KEY).may_cover(alike)
    stack.store.note_arrival({"image_key": KEY, "revision": alike}, "2026-07-14T12:00:00.000Z")
    add_derived(stack, alike)
    assert erase_leftovers(stack, KEY) == Erased()
    assert revisions_of_derived(stack) == [alike]


def test_a_key_with_a_control_character_can_be_erased(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 refuses it in DeleteObjects."""
    s3 = InMemoryS3({"uploads": Bucket(versioned=True), "images": Bucket()})
    monkeypatch.setitem(stack.__dict__, "s3", s3)
    s3.put_object(Bucket="uploads", Key="a\x10.jpg", Body=b"1")
    assert erase(stack, "a\x10.jpg").versions == 1
    assert s3.list_object_versions(Bucket="uploads") == {"Versions": [], "DeleteMarkers": []}
