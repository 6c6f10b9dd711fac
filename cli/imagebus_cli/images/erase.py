"""Erase an image: the original in all its versions, what was derived from it, its log and its status."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from imagebus.erasures import Erasure
from imagebus.identity import derived_prefix, is_imported
from imagebus_cli.images.several import nothing_below
from imagebus_cli.output.text import count
from imagebus_cli.stack.deletion import delete
from imagebus_cli.stack.deployed import Stack


@dataclass(frozen=True)
class Erased:
    versions: int = 0
    derived: int = 0
    items: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.versions or self.derived or self.items)


def erase(stack: Stack, key: str) -> Erased:
    """Permanently remove everything of the key; returns what was removed.

    The recorder and the notifier refuse what is still on the way. A delete marker comes first: its removal is
    an event even if no version is left, and tells ingest which revisions are older.
    """
    known = stack.store.revisions(key)
    there = set(_derived(stack, key))  # the cleaner removes some of it after the delete marker
    answer = stack.s3.delete_object(Bucket=stack.uploads, Key=key)
    marker = answer.get("VersionId")
    versions = list(_versions(stack, key))
    ids = [version["VersionId"] for version in versions]
    logged = list(stack.store.identities(key))
    newest = max((each["revision"] for each in logged), default="")
    # Someone may just have removed a version for good: then the news of it is still on the way, and names it.
    removed = {version for each in logged if (version := each.get("version_id"))}
    # Before anything is deleted: whoever writes later asks for it afterwards.
    gone = [*ids, *removed, *filter(is_imported, known)]
    erasure = stack.erasures.extend(key, through=newest, versions=gone, sealed=False)
    _delete(stack, stack.uploads, versions)
    left = set(_derived(stack, key))
    _delete(stack, stack.images, [{"Key": name} for name in left])
    found = len(versions) - ids.count(marker or "")
    items = stack.store.erase(key, erasure)
    # The pipeline may already have logged this erasure's own delete marker: that was not an image.
    return Erased(found, len(there | left), items if known or found else 0)


def erase_leftovers(stack: Stack, key: str) -> Erased:
    """Remove what an earlier erase of the key did not: it was interrupted. A later upload stays."""
    known = stack.store.revisions(key, stack.erasures.of(key))
    # Derived objects say only their revision, so the revisions are kept before the log goes.
    erasure = stack.erasures.extend(
        key, through=max(known, default=""), versions=filter(is_imported, known), sealed=True
    )
    versions = [each for each in _versions(stack, key) if erasure.has_version(each["VersionId"])]
    _delete(stack, stack.uploads, versions)
    logged = stack.store.revisions(key)
    derived = [{"Key": name} for name in _derived(stack, key) if is_leftover(name, erasure, logged)]
    _delete(stack, stack.images, derived)
    return Erased(len(versions), len(derived), stack.store.erase(key, erasure))


def below(stack: Stack, prefix: str) -> dict[str, int]:
    """Keys with the prefix that have a version, a log or a status, and the bytes of all their versions.

    Reads the whole table: no index has the images without a status. Raises Problem if there are none.
    """
    found: dict[str, int] = {}
    for each in _listed(stack, prefix):
        found[each["Key"]] = found.get(each["Key"], 0) + each.get("Size", 0)
    for key in stack.table.image_keys():
        if key.startswith(prefix):
            found.setdefault(key, 0)
    if not found:
        raise nothing_below(prefix)
    return found


def sizes(stack: Stack, keys: Iterable[str]) -> dict[str, int]:
    """The bytes of all versions of each key."""
    return {
        key: sum(each.get("Size", 0) for each in _listed(stack, key) if each["Key"] == key) for key in keys
    }


def is_leftover(derived: str, erasure: Erasure, logged: Collection[str]) -> bool:
    """Whether a derived object is of an erased upload; `logged` are the revisions that the table has."""
    revision = revision_of(derived)
    if erasure.covers({"revision": revision}):
        return True
    return revision not in logged and erasure.may_cover(revision)


def revision_of(derived: str) -> str:
    return derived.split("/")[1]


def _versions(stack: Stack, key: str) -> Iterator[dict[str, str]]:
    """Versions and delete markers of exactly this key; the listing is by prefix."""
    for each in _listed(stack, key):
        if each["Key"] == key:
            yield {"Key": key, "VersionId": each["VersionId"]}


def _listed(stack: Stack, prefix: str) -> Iterator[Any]:
    """Versions and delete markers."""
    pages = stack.s3.get_paginator("list_object_versions").paginate(Bucket=stack.uploads, Prefix=prefix)
    for page in pages:
        yield from page.get("Versions", [])
        yield from page.get("DeleteMarkers", [])


def _derived(stack: Stack, key: str) -> Iterator[str]:
    pages = stack.s3.get_paginator("list_objects_v2").paginate(
        Bucket=stack.images, Prefix=derived_prefix(key)
    )
    for page in pages:
        for each in page.get("Contents", []):
            yield each["Key"]


def _delete(stack: Stack, bucket: str, objects: list[dict[str, str]]) -> None:
    """Raises RuntimeError if S3 kept one of them."""
    if errors := list(delete(stack.s3, bucket, objects)):
        raise RuntimeError(f"S3 kept {count(len(errors), 'object')}: {errors[0].get('Code')}")
