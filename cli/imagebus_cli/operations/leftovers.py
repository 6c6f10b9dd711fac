"""What earlier versions or a lost call can leave that no fold shows: erased images, missing objects."""

from __future__ import annotations

from collections.abc import Mapping

from imagebus.erasures import Erasure, from_item
from imagebus.identity import derived_prefix, image_id
from imagebus_cli.operations.table import ScannedImage
from imagebus_cli.operations.verify import Check, Difference, advice
from imagebus_cli.stack.deployed import Stack


def checks(stack: Stack, *, objects: bool) -> list[Check]:
    """The checks that need more than the status table. `objects` takes a request for each completed image."""
    erased = _erasures(stack)

    def is_erased(image: ScannedImage) -> Difference | None:
        erasure = erased.get(image_id(image.image_key), Erasure())
        found = [event.meta for event in image.log] + ([image.status] if image.status else [])
        if not any(map(erasure.covers, found)):
            return None
        why = "was erased, and parts of it are left"
        return Difference(image.image_key, why, advice=advice("erase", image))

    def lacks_objects(image: ScannedImage) -> Difference | None:
        named = _named(image)
        if not named or not (missing := named - _existing(stack, image)):
            return None
        names = tuple(sorted(name.split("/", 2)[2] for name in missing))
        return Difference(image.image_key, "derived objects are missing", names, advice="upload it again")

    return [is_erased, *([lacks_objects] if objects else [])]


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
    watermarked = [item["watermarked"]] if "watermarked" in item else []
    return {each["key"] for each in [*item.get("thumbnails", ()), *watermarked]}


def _existing(stack: Stack, image: ScannedImage) -> set[str]:
    prefix = derived_prefix(image.image_key, str((image.status or {})["revision"]))
    pages = stack.s3.get_paginator("list_objects_v2").paginate(Bucket=stack.images, Prefix=prefix)
    return {each["Key"] for page in pages for each in page.get("Contents", [])}
