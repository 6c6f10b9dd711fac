"""What no fold shows, and an interrupted command can leave: parts of erased images, missing objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby, islice
from typing import Any

from imagebus.erasures import Erasure, from_item
from imagebus.identity import derived_prefix, image_id
from imagebus.store import identity
from imagebus_cli.images.erase import is_leftover, revision_of
from imagebus_cli.operations.retry import uploads
from imagebus_cli.operations.table import ScannedImage
from imagebus_cli.operations.verify import Check, Difference, advice
from imagebus_cli.stack.deployed import Stack

ERASED = "was erased, and parts of it are left"
NOBODY = Erasure()


class Leftovers:
    """Looks for more than the status table shows. `objects` takes two requests for each image; without it,
    one for each failed image.
    """

    def __init__(self, stack: Stack, *, objects: bool) -> None:
        self._stack = stack
        self._uploads = uploads(stack)
        self._objects = objects
        self._erasures = _erasures(stack)
        self._reported: set[str] = set()
        #: The revisions that the table has of images that were uploaded again after an erase.
        self._logged: dict[str, set[str]] = {}
        self.checks: list[Check] = [self._is_erased]
        self.settling: list[Check] = [self._is_missed]
        if objects:
            self.settling.append(self._lacks_objects)

    def _is_erased(self, image: ScannedImage) -> Difference | None:
        name = image_id(image.image_key)
        erasure = self._erasures.get(name)
        if erasure is None:
            return None
        found: list[Mapping[str, Any]] = [event.meta for event in image.log]
        found += [*map(identity, image.others), *([image.status] if image.status else [])]
        if not any(map(erasure.covers, found)):
            self._logged[name] = {str(each["revision"]) for each in found}
            return None
        self._reported.add(name)
        return _erased(image)

    def _is_missed(self, image: ScannedImage) -> Difference | None:
        item = image.status
        if not item or not (self._objects or item.get("status") == "failed"):
            return None
        why = self._uploads.why(item)
        return Difference(image.image_key, why, advice=advice("retry", image)) if why else None

    def _lacks_objects(self, image: ScannedImage) -> Difference | None:
        named = _named(image)
        if not named or not (missing := named - _existing(self._stack, image)):
            return None
        names = tuple(sorted(name.split("/", 2)[2] for name in missing))
        fix = "upload it again"
        if not missing <= _objects(image.status or {}):
            fix += ", then imagebus recipe backfill"
        return Difference(image.image_key, "derived objects are missing", names, advice=fix)

    def versions(self) -> Iterator[Difference]:
        """Images of which erased versions are left. It lists the whole uploads bucket."""
        pages = self._stack.s3.get_paginator("list_object_versions").paginate(Bucket=self._stack.uploads)
        for page in pages:
            for each in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                name = image_id(each["Key"])
                if name not in self._reported and self._erasures.get(name, NOBODY).has_version(
                    each["VersionId"]
                ):
                    self._reported.add(name)
                    yield _erased(ScannedImage(each["Key"], None, ()))

    def derived(self, limit: int | None = None) -> Iterator[Difference]:
        """Derived objects of erased images, in a request for each erasure.

        Nothing says whose they are if neither log nor version is left, so the image is named by its id.
        """
        for name, erasure in islice(self._erasures.items(), limit):
            if name in self._reported:
                continue
            logged = self._logged.get(name, ())
            listed = _listed(self._stack, f"{name}/")
            found = (each for each in listed if is_leftover(each, erasure, logged))
            for revision, objects in groupby(found, key=revision_of):
                folder = f"{name}/{revision}/"
                files = tuple(each.removeprefix(folder) for each in objects)
                command = f"aws s3 rm --recursive s3://{self._stack.images}/{folder}"
                yield Difference(name, "was erased, and derived objects are left", files, advice=command)


def _erased(image: ScannedImage) -> Difference:
    return Difference(image.image_key, ERASED, advice=f"{advice('erase', image)} --leftovers")


def _erasures(stack: Stack) -> Mapping[str, Erasure]:
    table = stack.outputs.get("ErasuresTableName")
    if table is None:  # a stack of an earlier version
        return {}
    pages = stack.dynamodb.get_paginator("scan").paginate(TableName=table)
    return {item["image_id"]["S"]: from_item(item) for page in pages for item in page["Items"]}


def _named(image: ScannedImage) -> set[str]:
    item = image.status or {}
    if item.get("status") != "completed":
        return set()
    made = [item, *item.get("derived", {}).values()]
    return {key for each in made for key in _objects(each)}


def _objects(made: Mapping[str, Any]) -> set[str]:
    """The objects of one recipe: of a status item, or of an entry of its `derived`."""
    watermarked = [made["watermarked"]] if "watermarked" in made else []
    return {each["key"] for each in [*made.get("thumbnails", ()), *watermarked]}


def _existing(stack: Stack, image: ScannedImage) -> set[str]:
    return set(_listed(stack, derived_prefix(image.image_key, str((image.status or {})["revision"]))))


def _listed(stack: Stack, prefix: str) -> Iterator[str]:
    pages = stack.s3.get_paginator("list_objects_v2").paginate(Bucket=stack.images, Prefix=prefix)
    return (each["Key"] for page in pages for each in page.get("Contents", []))
