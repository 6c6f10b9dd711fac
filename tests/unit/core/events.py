"""Events of one image as the pipeline would publish them, for tests of what is done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imagebus.bus import bus_entry
from imagebus.events import Event, EventData, StackEvent, Usage, caused_by, new_event
from imagebus.events.analyzer import LabelsSkipped, MetadataExtracted
from imagebus.events.failures import ProcessingFailed
from imagebus.events.ingest import ImageDeleted, ImageUploaded
from imagebus.events.recipes import DerivationRequested, RecipePromoted
from imagebus.events.recorder import ImageProcessed, ProcessingStalled
from imagebus.events.thumbnailer import Thumbnail, ThumbnailsCreated
from imagebus.events.validator import ImageRejected, ImageValidated
from imagebus.events.watermarker import ImageWatermarked
from imagebus.history.recorded import RecordedEvent
from imagebus.identity import derived_prefix, revision
from imagebus.recipes.store import Promotion
from imagebus.testing import ManualClock, bus_entry_envelope

KEY = "holiday/a+b %2B.jpg"
FIRST, SECOND = revision("0055AED6DCD90281E5"), revision("0055AED6DCD90281E6")
SHA = "0" * 64

AnEvent = Event[EventData]


def uploaded(
    key: str = KEY, rev: str = FIRST, *, clock: ManualClock | None = None, version: str = "v1"
) -> Event[ImageUploaded]:
    data = ImageUploaded(bucket="uploads", size=1000, etag="e1", reason="PutObject")
    return new_event(data, image_key=key, revision=rev, clock=clock or ManualClock(), version_id=version)


def deleted(key: str = KEY, rev: str = SECOND) -> Event[ImageDeleted]:
    data = ImageDeleted(bucket="uploads", deletion_type="Delete Marker Created")
    return new_event(data, image_key=key, revision=rev, clock=ManualClock(), version_id="v2")


def story(
    key: str = KEY, rev: str = FIRST, *, clock: ManualClock | None = None, version: str = "v1"
) -> list[AnEvent]:
    """From upload to the last fact, a tenth of a second apart, without the final event."""
    clock = clock or ManualClock()
    first = uploaded(key, rev, clock=clock, version=version)
    clock.advance(0.1)
    validated = caused_by(
        first.meta,
        ImageValidated(
            bucket="uploads",
            size=1000,
            etag="e1",
            format="PNG",
            mime="image/png",
            width=640,
            height=480,
            mode="RGB",
            has_alpha=False,
            frames=1,
            orientation=1,
            sha256=SHA,
        ),
        clock=clock,
    )
    events: list[AnEvent] = [first, validated]
    prefix = derived_prefix(key, rev)
    thumbnail = Thumbnail(
        name="100x100",
        bucket="images",
        key=f"{prefix}thumbnails/100x100.png",
        width=100,
        height=75,
        format="PNG",
        bytes=123,
        sha256=SHA,
    )
    facts: list[tuple[EventData, str]] = [
        (ThumbnailsCreated(recipe="r", items=(thumbnail,)), "r"),
        (
            ImageWatermarked(
                recipe="r",
                bucket="images",
                key=f"{prefix}watermarked.png",
                width=640,
                height=480,
                format="PNG",
                bytes=99,
            ),
            "r",
        ),
        (
            MetadataExtracted(
                properties={"ratio": 1.5, "whole": 2.0},
                exif={"Make": "é漢"},
                dominant_colors=("#102030",),
                thumbhash="t",
                phash="p",
            ),
            "",
        ),
        (LabelsSkipped(reason="none"), ""),
    ]
    for data, discriminator in facts:
        clock.advance(0.1)
        events.append(caused_by(validated.meta, data, clock=clock, discriminator=discriminator))
    return events


def processed(events: Sequence[AnEvent], *, clock: ManualClock) -> Event[ImageProcessed]:
    data = ImageProcessed(stages={"validator": 100}, duration_ms=500, counts={"thumbnails": 1}, format="PNG")
    return caused_by(events[-1].meta, data, clock=clock)


def rejected(cause: Event[Any], *, clock: ManualClock) -> Event[ImageRejected]:
    return caused_by(cause.meta, ImageRejected(code="corrupt", detail="no"), clock=clock)


def stalled(cause: Event[Any], *, clock: ManualClock) -> Event[ProcessingStalled]:
    return caused_by(cause.meta, ProcessingStalled(missing=("ThumbnailsCreated",), waited_s=900), clock=clock)


def failure(cause: Event[Any], stage: str, *, clock: ManualClock, **more: Any) -> Event[ProcessingFailed]:
    data = ProcessingFailed(
        stage=stage, error_type="Boom", message="m", attempts=5, failed_event=envelope(cause) | more
    )
    return caused_by(cause.meta, data, clock=clock, discriminator=f"{stage}/{cause.meta.event_id}")


def asked(cause: Event[Any], recipe: str = "0c9f3a7d52e1", generation: int = 0) -> Event[DerivationRequested]:
    """A backfill's request; `cause` is the ImageValidated."""
    data = DerivationRequested(
        recipe=recipe, stages=("thumbnailer", "watermarker"), bucket="uploads", etag="e1", format="PNG",
        frames=1, generation=generation,
    )  # fmt: skip
    return caused_by(cause.meta, data, clock=ManualClock(), discriminator=f"e/{recipe}#{generation}")


def answer(cause: Event[Any], recipe: str = "0c9f3a7d52e1", generation: int = 0) -> Event[ThumbnailsCreated]:
    """The thumbnailer's answer, a minute later."""
    clock = ManualClock()
    clock.advance(60)
    items = tuple(
        Thumbnail(
            name=name, bucket="images", key=f"{derived_prefix(KEY, FIRST)}thumbnails/{name}.png",
            width=10, height=10, format="PNG", bytes=1, sha256=SHA, variant=name,
        )
        for name in ("one", "two")
    )  # fmt: skip
    data = ThumbnailsCreated(recipe=f"2026-11.7/{recipe}", items=items, generation=generation)
    run = f"2026-11.7/{recipe}#{generation}"
    return caused_by(
        cause.meta, data, clock=clock, discriminator=run, usage=Usage(billed_ms=1000, memory_mb=1024)
    )


def promoted(number: int = 1) -> StackEvent[RecipePromoted]:
    promotion = Promotion(number, None, "aaaaaaaaaaaa", "2026-01-02T03:04:05.678Z", "kim")
    return promotion.event("imagebus-recipes")


def recorded(event: Event[Any]) -> RecordedEvent:
    return RecordedEvent(event.source, event.detail_type, event.detail())


def envelope(event: Event[Any] | StackEvent[Any], **more: Any) -> dict[str, Any]:
    """As EventBridge delivers it; `**{"replay-name": …}` for a replay."""
    return bus_entry_envelope(bus_entry(event, "bus")) | more
