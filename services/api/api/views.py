"""Images and timelines as the API returns them: the common view, with links and presigned URLs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from api.accept import COMPATIBLE, most_compatible
from api.addressing import address
from api.models import Image, Links, Summary, Timeline, Urls, Variants
from api.settings import Settings
from api.storage import Original, Storage
from api.variants import by_name, pictures, variant
from imagebus.clock import timestamp
from imagebus.history import view
from imagebus.history.derived import shown
from imagebus.history.fold import Item
from imagebus.history.recorded import RecordedEvent
from imagebus.recipes.model import Active, Recipe

#: The side of a thumbnail that fills a gallery tile, in pixels.
GALLERY_SIDE = 300


def as_shown(item: Item, active: Active) -> Item:
    """The item with the derived images that readers see, instead of those that it was made with."""
    seen = shown(item, active)
    found = {
        "recipe": seen.recipe,
        "thumbnails": seen.thumbnails,
        "watermarked": seen.watermarked,
        "still": seen.still,
    }
    others = {name: value for name, value in item.items() if name != "derived" and name not in found}
    return others | {name: value for name, value in found.items() if value not in (None, ())}


def is_outdated(item: Item, active: Active) -> bool:
    """Whether an item as it is shown has the images of an earlier recipe than the promoted one."""
    if active.current is None or "thumbnails" not in item or "format" not in item:
        return False
    return bool(item.get("recipe") != active.current.recipe_for(item["image_key"], item["format"]).id)


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
        variants=f"{base}/variants" if thumbnails else None,
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
    by_side = sorted(
        thumbnails, key=lambda each: (max(each["width"], each["height"]), COMPATIBLE.index(each["format"]))
    )
    large = [each for each in by_side if max(each["width"], each["height"]) >= GALLERY_SIDE]
    return next(iter(large or by_side[-1:]), None)


def derived_url(key: str, storage: Storage, settings: Settings) -> str:
    """Where a derived image can be read: permanently if it is public, or else for some minutes."""
    if settings.images_url:
        return f"{settings.images_url}/{quote(key)}"
    return storage.url(settings.images_bucket, key)


def gallery_urls(item: Item, storage: Storage, settings: Settings) -> Urls | None:
    chosen = gallery_thumbnail(item.get("thumbnails", ()))
    return Urls(thumbnail=derived_url(chosen["key"], storage, settings)) if chosen else None


def all_urls(item: Item, storage: Storage, settings: Settings) -> Urls:
    thumbnails = {
        name: derived_url(files[most_compatible(files)]["key"], storage, settings)
        for name, files in by_name(item.get("thumbnails", ())).items()
    }
    watermarked = item.get("watermarked")
    return Urls(
        original=original_url(item, storage, settings) if item["status"] != "deleted" else None,
        processed=derived_url(watermarked["key"], storage, settings) if watermarked else None,
        thumbnails=thumbnails or None,
    )


def variants(
    item: Item,
    recipe: Recipe | None,
    storage: Storage,
    settings: Settings,
    *,
    outdated: bool,
    expires_at: str | None,
) -> Variants:
    """The variants of an item as it is shown. `recipe` is what they were made by, if that is known."""
    key = item["image_key"]
    base = address(key)
    thumbhash = view.summary(item).thumbhash
    found = {
        name: variant(
            f"{base}/variants/{quote(name, safe='')}", files, lambda key: derived_url(key, storage, settings)
        )
        for name, files in by_name(item.get("thumbnails", ())).items()
    }
    return Variants(
        key=key,
        recipe=item.get("recipe"),
        outdated=outdated,
        thumbhash=thumbhash,
        expires_at=expires_at if found else None,
        variants=found,
        pictures=pictures(found, recipe, thumbhash),
        links=links(key, item),
    )


def timeline(events: Sequence[RecordedEvent]) -> Timeline:
    """The events of one revision in the order in which they occurred. `events` is not empty."""
    shown = view.timeline(events)
    return Timeline(**dict(shown), links=links(shown.key))
