"""Validates an upload, first its size, then its bytes, and decides by which recipe it is derived."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import cast, get_args

from imagebus.events import Event
from imagebus.events.ingest import ImageUploaded
from imagebus.events.validator import ImageRejected, ImageValidated, Trailer
from imagebus.meter import Meter
from imagebus.objects import ObjectRef, ObjectStore
from imagebus.recipes.model import Recipe
from imagebus.recipes.parameters import recipe_of
from imagebus.recipes.store import Recipes
from imagebus_imaging import Limits, Rejected
from imagebus_imaging import validate as validate_image
from imagebus_imaging.interface import Policy

#: The wall-clock limit depends on the machine, not on the image: it only has to end before the function does.
_PATIENCE, _LONGEST_SECONDS = 4, 24


def limits_of(env: Mapping[str, str]) -> Limits:
    """The limits from the function's environment. Raises KeyError or ValueError."""
    seconds = float(env["DECODE_SECONDS"])
    policy = env["TRAILING_DATA"]
    if policy not in get_args(Policy):
        raise ValueError(f"TRAILING_DATA cannot be {policy!r}")
    return Limits(
        formats=frozenset(env["ACCEPTED_FORMATS"].split(",")),
        max_bytes=int(env["MAX_BYTES"]),
        max_pixels=int(env["MAX_PIXELS"]),
        max_frames_pixels=int(env["MAX_FRAMES_PIXELS"]),
        cpu_seconds=seconds,
        wall_seconds=max(seconds + 1, min(seconds * _PATIENCE, _LONGEST_SECONDS)),
        memory_bytes=int(env["DECODE_MEMORY_MIB"]) << 20,
        trailing_data=cast(Policy, policy),
        truncated=env["TRUNCATED_IMAGES"] == "accept",
    )


#: The recipe for a key and a format.
Choose = Callable[[str, str], Recipe]


def chooser(recipes: Recipes, env: Mapping[str, str]) -> Choose:
    """Chooses from the active set. A stack that has promoted none has the recipe of its parameters."""

    def choose(image_key: str, image_format: str) -> Recipe:
        active = recipes.active().current
        if active is not None:
            return active.recipe_for(image_key, image_format)
        recipe = recipe_of(env)
        recipes.use_default(recipe)
        return recipe

    return choose


def judge(
    event: Event[ImageUploaded], objects: ObjectStore, limits: Limits, choose: Choose, meter: Meter
) -> ImageValidated | ImageRejected:
    """Raises Superseded if this upload was replaced or removed. Does not read an object of invalid size."""
    uploaded, meta = event.data, event.meta
    if uploaded.size == 0:
        return ImageRejected(code="empty", detail="The object has no bytes.")
    if uploaded.size > limits.max_bytes:
        return ImageRejected(
            code="too_many_bytes",
            limit=limits.max_bytes,
            actual=uploaded.size,
            detail="The object is larger than the pipeline accepts.",
        )
    stored = objects.read(ObjectRef(uploaded.bucket, meta.image_key, meta.version_id, uploaded.etag))
    data = stored.body
    meter.bytes_in = len(data)
    try:
        info = validate_image(data, limits)
    except Rejected as refusal:
        return ImageRejected(
            code=refusal.code,
            limit=None if refusal.limit is None else int(refusal.limit),
            actual=None if refusal.actual is None else int(refusal.actual),
            detail=refusal.detail[:1000],
        )
    return ImageValidated(
        bucket=uploaded.bucket,
        size=info.size,
        etag=uploaded.etag,
        format=info.format,  # type: ignore[arg-type]  # the engine's names are the contract's
        mime=info.mime,
        width=info.width,
        height=info.height,
        mode=info.mode,
        has_alpha=info.has_alpha,
        frames=info.frames,
        orientation=info.orientation,
        sha256=info.sha256,
        trailer=Trailer(kind=info.trailer.kind, bytes=info.trailer.bytes) if info.trailer else None,
        truncated=info.truncated or None,
        hdr=info.hdr,
        recipe=choose(meta.image_key, info.format).id,
        user_metadata=user_metadata(stored.metadata),
    )


def user_metadata(metadata: Mapping[str, str]) -> dict[str, str] | None:
    """As much as an event can hold. S3 allows 2 KB in all."""
    kept = {name[:255]: value[:1000] for name, value in metadata.items() if name}
    return dict(islice(kept.items(), 100)) or None
