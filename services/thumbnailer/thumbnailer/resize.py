"""Thumbnails of one validated image, in every configured size."""

from __future__ import annotations

from collections.abc import Sequence

from imagebus.events.thumbnailer import Thumbnail, ThumbnailsCreated
from imagebus.identity import recipe_run, variant
from imagebus.worker import Derivation, Job, Output, Work
from imagebus_imaging import RECIPE, Derived, thumbnails

Size = tuple[int, int]


def parse_sizes(text: str) -> tuple[Size, ...]:
    """`"100x100,320x320"` -> ((100, 100), (320, 320)). Raises ValueError for anything else."""
    sizes = []
    for item in text.split(","):
        width, _, height = item.strip().partition("x")
        sizes.append((int(width), int(height)))
    return tuple(sizes)


def thumbnail_work(
    bucket: str,
    sizes: Sequence[Size],
    output_format: str | None,
    background: str,
    *,
    linear: bool = False,
    animated: bool = False,
    generation: int | None = None,
) -> Work:
    settings = [output_format or "auto", background, *["linear"] * linear, *["animated"] * animated]
    recipe = "/".join([RECIPE, ",".join(f"{w}x{h}" for w, h in sizes), *settings])

    def name(derived: Derived) -> str:
        # By size and settings, so that a recipe with more sizes has the same object for those that it shares.
        made_with = variant("/".join([RECIPE, derived.name, *settings]))
        return f"thumbnails/{derived.name}.{made_with}.{derived.extension}"

    def work(job: Job) -> Derivation:
        derived = thumbnails(
            job.data,
            sizes,
            formats=[(output_format or "source").lower()],
            background=background,
            linear=linear,
            animated=animated,
        )
        outputs = [Output(name(item), item.data, item.mime) for item in derived]
        items = tuple(_thumbnail(item, bucket, job.prefix + name(item)) for item in derived)
        still = True if job.event.data.frames > min(item.frames for item in derived) else None
        fact = ThumbnailsCreated(recipe=recipe, items=items, still=still, generation=generation)
        return Derivation(fact, outputs, recipe_run(recipe, generation))

    return work


def _thumbnail(derived: Derived, bucket: str, key: str) -> Thumbnail:
    return Thumbnail(
        name=derived.name,
        bucket=bucket,
        key=key,
        width=derived.width,
        height=derived.height,
        format=derived.format,  # type: ignore[arg-type]  # the engine's names are the contract's
        bytes=len(derived.data),
        sha256=derived.sha256,
    )
