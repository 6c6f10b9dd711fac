"""Status items and events as the API shows them: without buckets, derived keys and the table's own fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from api.addressing import address
from api.models import Image, Links, Summary, Thumbnail, Timeline, TimelineEvent, Urls, Watermarked
from api.settings import Settings
from api.storage import Original, Storage
from imagebus.clock import milliseconds_between, timestamp
from imagebus.events.catalog import STAGES
from imagebus.store import Item, RecordedEvent

STAGE_OF = {detail_type: stage.name for stage in STAGES for detail_type in stage.emits}

#: The side of a thumbnail that a gallery wants, in pixels.
GALLERY_SIDE = 300

#: Shown under a name of its own, or nobody's business.
NOT_SHOWN = frozenset({"image_key", "bucket", "etag", "thumbnails", "watermarked"})


def links(key: str, item: Mapping[str, Any] | None = None) -> Links:
    """Where the image and, as far as the item knows of them, its derived images are."""
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
    """The status item of an upload that no event has told of yet: it is a moment old."""
    at = timestamp(original.modified)
    return {
        "image_key": key,
        "status": "processing",
        "created_at": at,
        "updated_at": at,
        "size": original.size,
    }


def summary(item: Item, urls: Urls | None = None) -> Summary:
    fields = {name: item[name] for name in Summary.model_fields if name in item and name not in NOT_SHOWN}
    return Summary(
        **fields,
        key=item["image_key"],
        processed_size=item.get("watermarked", {}).get("bytes"),
        thumbhash=item.get("metadata", {}).get("thumbhash"),
        links=links(item["image_key"], item),
        urls=urls,
    )


def image(item: Item, urls: Urls | None = None) -> Image:
    fields = {name: item[name] for name in Image.model_fields if name in item and name not in NOT_SHOWN}
    watermarked = item.get("watermarked")
    return Image(
        **fields,
        key=item["image_key"],
        processed_size=watermarked["bytes"] if watermarked else None,
        thumbhash=item.get("metadata", {}).get("thumbhash"),
        thumbnails=[Thumbnail(**_only(Thumbnail, each)) for each in item.get("thumbnails", ())],
        watermarked=Watermarked(**_only(Watermarked, watermarked)) if watermarked else None,
        links=links(item["image_key"], item),
        urls=urls,
    )


def _only(model: type[Thumbnail] | type[Watermarked], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in model.model_fields}


def original_url(item: Item, storage: Storage, settings: Settings) -> str:
    """Pinned to the revision that the status is about. Bytes that nobody validated are not displayed."""
    validated = item.get("mime")
    return storage.url(
        settings.uploads_bucket,
        item["image_key"],
        version_id=item.get("version_id"),
        content_type=validated or "application/octet-stream",
        download_as=None if validated else item["image_key"].rsplit("/", 1)[-1],
    )


def gallery_thumbnail(thumbnails: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The smallest that fills a tile, else the largest there is."""
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
    by_id = {event.event_id: event for event in events}
    ordered = sorted(events, key=lambda event: (event.occurred_at, _depth(event, by_id), event.canonical))
    first, last = ordered[0], ordered[-1]
    return Timeline(
        key=first.image_key,
        revision=first.revision,
        correlation_id=first.meta["correlation_id"],
        duration_ms=milliseconds_between(first.occurred_at, last.occurred_at),
        events=[_event(event, by_id, first) for event in ordered],
        links=links(first.image_key),
    )


def _depth(event: RecordedEvent, by_id: Mapping[str, RecordedEvent]) -> int:
    """How many causes lead to an event: within one millisecond a cause still comes before its effect."""
    depth, cause = 0, by_id.get(event.meta.get("causation_id") or "")
    while cause is not None and depth < len(by_id):
        depth, cause = depth + 1, by_id.get(cause.meta.get("causation_id") or "")
    return depth


def _event(event: RecordedEvent, by_id: Mapping[str, RecordedEvent], first: RecordedEvent) -> TimelineEvent:
    cause = by_id.get(event.meta.get("causation_id") or "")
    data = event.detail.get("data", {})
    stage = STAGE_OF.get(event.detail_type) or data.get("stage")
    shown = {name: value for name, value in data.items() if name not in ("failed_event", "bucket", "etag")}
    if event.detail_type in ("ThumbnailsCreated", "ImageWatermarked"):
        shown = _without_places(shown)
    return TimelineEvent(
        event_id=event.event_id,
        type=event.detail_type,
        source=event.source,
        stage=stage,
        occurred_at=event.occurred_at,
        offset_ms=milliseconds_between(first.occurred_at, event.occurred_at),
        caused_by=cause.event_id if cause else None,
        ms=milliseconds_between(cause.occurred_at, event.occurred_at) if cause else None,
        usage=event.meta.get("usage", {}),
        data=shown,
    )


def _without_places(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_places(each) for name, each in value.items() if name not in ("bucket", "key")}
    if isinstance(value, list):
        return [_without_places(each) for each in value]
    return value
