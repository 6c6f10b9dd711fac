"""Images and timelines as the API returns them: the common view, with links and presigned URLs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from api.addressing import address
from api.models import Image, Links, Summary, Timeline, Urls
from api.settings import Settings
from api.storage import Original, Storage
from imagebus.clock import timestamp
from imagebus.history import view
from imagebus.history.fold import Item
from imagebus.history.recorded import RecordedEvent

#: The side of a thumbnail that fills a gallery tile, in pixels.
GALLERY_SIDE = 300


def links(key: str, item: Mapping[str, Any] | None = None) -> Links:
    """Links to the image and to the derived images that the item names."""
    base = address(key)
    if item is None:
        return Links(self_=base, events=f"{base}/events")
    thumbnails = {
        each["name"]: f"{base}/thumbnails/{quote(each['name'], safe='')}"
        for each in item.get("thumbnails", ())
    }
    return Links(
        self_=base,
        events=f"{base}/events",
        original=f"{base}/original" if item["status"] != "deleted" else None,
        processed=f"{base}/processed" if "watermarked" in item else None,
        thumbnails=thumbnails or None,
    )


def pending(key: str, original: Original) -> Item:
    """The status item of an upload that no event has reported yet: it is a moment old."""
    at = timestamp(original.modified)
    return {
        "image_key": key,
        "status": "processing",
        "created_at": at,
        "updated_at": at,
        "size": original.size,
    }


def summary(item: Item, urls: Urls | None = None) -> Summary:
    return Summary(**dict(view.summary(item)), links=links(item["image_key"], item), urls=urls)


def image(item: Item, urls: Urls | None = None) -> Image:
    return Image(**dict(view.details(item)), links=links(item["image_key"], item), urls=urls)


def past(item: Item) -> Image:
    """An image as it was. Its derived images may be gone, so nothing links to them."""
    return Image(**dict(view.details(item)), links=links(item["image_key"]))


def original_url(item: Item, storage: Storage, settings: Settings) -> str:
    """URLs pinned to the status's revision. Bytes that are not validated are downloaded, not displayed."""
    validated = item.get("mime")
    return storage.url(
        settings.uploads_bucket,
        item["image_key"],
        version_id=item.get("version_id"),
        content_type=validated or "application/octet-stream",
        download_as=None if validated else item["image_key"].rsplit("/", 1)[-1],
    )


def gallery_thumbnail(thumbnails: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The smallest thumbnail that fills a tile, or else the largest."""
    by_side = sorted(thumbnails, key=lambda each: int(max(each["width"], each["height"])))
    large = [each for each in by_side if max(each["width"], each["height"]) >= GALLERY_SIDE]
    return next(iter(large or by_side[-1:]), None)


def gallery_urls(item: Item, storage: Storage, settings: Settings) -> Urls | None:
    chosen = gallery_thumbnail(item.get("thumbnails", ()))
    return Urls(thumbnail=storage.url(settings.images_bucket, chosen["key"])) if chosen else None


def all_urls(item: Item, storage: Storage, settings: Settings) -> Urls:
    thumbnails = {
        each["name"]: storage.url(settings.images_bucket, each["key"]) for each in item.get("thumbnails", ())
    }
    watermarked = item.get("watermarked")
    return Urls(
        original=original_url(item, storage, settings) if item["status"] != "deleted" else None,
        processed=storage.url(settings.images_bucket, watermarked["key"]) if watermarked else None,
        thumbnails=thumbnails or None,
    )


def timeline(events: Sequence[RecordedEvent]) -> Timeline:
    """The events of one revision in the order in which they occurred. `events` is not empty."""
    shown = view.timeline(events)
    return Timeline(**dict(shown), links=links(shown.key))
