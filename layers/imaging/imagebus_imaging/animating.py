"""Animated thumbnails: GIF and WebP animations as animated WebP. Loaded when asked for."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence

from PIL import Image, ImageSequence

from imagebus_imaging.decoders import decode_failures_are_rejections, load_decoder, open_image
from imagebus_imaging.encoding import derived
from imagebus_imaging.formats import detect
from imagebus_imaging.interface import Derived, Limits, Rejected
from imagebus_imaging.resizing import fit, scale

Size = tuple[int, int]
_BUDGET = Limits().max_frames_pixels
# All frames of a thumbnail are held until it is written. Sizes that would need more are stills.
_MAX_HELD_PIXELS = 50_000_000


def animations(data: bytes, sizes: Sequence[Size], quality: int) -> Mapping[Size, Derived]:
    """An animated WebP for each size that the image is fitted to, none for what does not move.

    Raises `Rejected` for frames that do not decode, or more of them than the budget.
    """
    if detect(data) not in ("GIF", "WEBP"):
        return {}
    image = open_image(data)
    with decode_failures_are_rejections():
        count = int(getattr(image, "n_frames", 1))
        total = count * image.width * image.height
        if total > _BUDGET:
            raise Rejected("too_many_frames", "too many frames of this size", _BUDGET, total)
        fitted = {fit(*image.size, box) for box in sizes}
        held = sorted(
            (size for size in fitted if count * size[0] * size[1] <= _MAX_HELD_PIXELS), reverse=True
        )
        if count < 2 or not held:
            return {}
        frames: dict[Size, list[Image.Image]] = {size: [] for size in held}
        durations = []
        for frame in _frames(image):
            durations.append(int(frame.info.get("duration", 0)) or 100)
            smaller = frame
            for size in held:
                smaller = scale(smaller, size)
                frames[size].append(smaller)
        loop = int(image.info.get("loop", 1 if image.format == "GIF" else 0))
    return {
        size: derived("", size, "WEBP", _webp(frames[size], durations, loop, quality), count) for size in held
    }


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    for frame in ImageSequence.Iterator(image):
        whole = frame.convert("RGBA")
        whole.info = {"duration": frame.info.get("duration", 0)}
        yield whole


def _webp(frames: list[Image.Image], durations: list[int], loop: int, quality: int) -> bytes:
    load_decoder("WEBP")
    for frame in frames:
        frame.info = {}
    out = io.BytesIO()
    first, *rest = frames
    first.save(
        out,
        "WEBP",
        save_all=True,
        append_images=rest,
        duration=durations,
        loop=loop,
        quality=quality,
        method=2,
    )
    return out.getvalue()
