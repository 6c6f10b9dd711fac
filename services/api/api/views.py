"""Images and timelines as the API returns them: the common view, with links and presigned URLs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from api.addressing import address
from api.models import Image, ImageVariants, Links, Summary, Timeline, Urls
from api.settings import Settings
from api.storage import Storage
from api.variants import by_name, pictures, variant
from imagebus.history import view
from imagebus.history.derived import Shown, shown
from imagebus.history.fold import Item
from imagebus.history.recorded import RecordedEvent
from imagebus.image_types import COMPATIBLE, most_compatible
from imagebus.recipes.model import Active, Recipe

#: The side of a thumbnail that fills a gallery tile, in pixels.
GALLERY_SIDE = 300


@dataclass(frozen=True)
class Seen:
    """A status item, and the derived images that readers see while these sets of recipes are active."""

    item: Item
    active: Active

    @cached_property
    def shown(self) -> Shown:
        return shown(self.item, self.active)

    @property
    def key(self) -> str:
        return str(self.item["image_key"])


def links(key: str, seen: Seen | None = None) -> Links:
    """Links to the image and to the derived images that are shown."""
    base = address(key)
    if seen is None:
        return Links(self_=base, events=f"{base}/events")
    names = [each["name"] for each in seen.shown.thumbnails]
    return Links(
        self_=base,
        events=f"{base}/events",
        original=f"{base}/original" if seen.item["status"] != "deleted" else None,
        processed=f"{base}/processed" if seen.shown.watermarked else None,
        thumbnails={name: f"{base}/thumbnails/{quote(name, safe='')}" for name in names} or None,
        variants=f"{base}/variants" if names else None,
    )


def summary(seen: Seen, urls: Urls | None = None) -> Summary:
    return Summary(**dict(view.summary(seen.item, seen.active)), links=links(seen.key, seen), urls=urls)


def image(seen: Seen, urls: Urls | None = None) -> Image:
    return Image(**dict(view.details(seen.item, seen.active)), links=links(seen.key, seen), urls=urls)


def past(seen: Seen) -> Image:
    """An image as it was. Its derived images may be gone, so nothing links to them."""
    return Image(**dict(view.details(seen.item, seen.active)), links=links(seen.key))


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


def smallest_first(thumbnails: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """By the longer side. Of one size, first the format that most programs show."""
    return sorted(
        thumbnails, key=lambda each: (max(each["width"], each["height"]), COMPATIBLE.index(each["format"]))
    )


def gallery_thumbnail(thumbnails: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The smallest thumbnail that fills a tile, or else the largest."""
    by_side = smallest_first(thumbnails)
    large = [each for each in by_side if max(each["width"], each["height"]) >= GALLERY_SIDE]
    return next(iter(large or by_side[-1:]), None)


def derived_url(key: str, storage: Storage, settings: Settings) -> str:
    """Where a derived image can be read: permanently if it is public, or else for some minutes."""
    if settings.images_url:
        return f"{settings.images_url}/{quote(key)}"
    return storage.url(settings.images_bucket, key)


def gallery_urls(seen: Seen, storage: Storage, settings: Settings) -> Urls | None:
    chosen = gallery_thumbnail(seen.shown.thumbnails)
    return Urls(thumbnail=derived_url(chosen["key"], storage, settings)) if chosen else None


def all_urls(seen: Seen, storage: Storage, settings: Settings) -> Urls:
    thumbnails = {
        name: derived_url(files[most_compatible(files)]["key"], storage, settings)
        for name, files in by_name(seen.shown.thumbnails).items()
    }
    watermarked = seen.shown.watermarked
    return Urls(
        original=original_url(seen.item, storage, settings) if seen.item["status"] != "deleted" else None,
        processed=derived_url(watermarked["key"], storage, settings) if watermarked else None,
        thumbnails=thumbnails or None,
    )


def variants(
    seen: Seen, recipe: Recipe | None, storage: Storage, settings: Settings, expires_at: str | None
) -> ImageVariants:
    """`recipe` is what the variants were made by, if that is known."""
    base = address(seen.key)
    thumbhash = view.summary(seen.item).thumbhash
    found = {
        name: variant(
            f"{base}/variants/{quote(name, safe='')}", files, lambda key: derived_url(key, storage, settings)
        )
        for name, files in by_name(smallest_first(seen.shown.thumbnails)).items()
    }
    return ImageVariants(
        key=seen.key,
        recipe=seen.shown.recipe,
        outdated=seen.shown.outdated,
        thumbhash=thumbhash,
        expires_at=expires_at if found else None,
        variants=found,
        pictures=pictures(found, recipe, thumbhash),
        links=links(seen.key, seen),
    )


def timeline(events: Sequence[RecordedEvent]) -> Timeline:
    """The events of one revision in the order in which they occurred. `events` is not empty."""
    shown = view.timeline(events)
    return Timeline(**dict(shown), links=links(shown.key))
