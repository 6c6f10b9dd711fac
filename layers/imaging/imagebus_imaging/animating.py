"""Animated thumbnails: GIF and WebP animations as animated WebP. Loaded when asked for.

Validation decodes only the first frame, so all of them are decoded in a confined child, as there.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PIL import Image, ImageSequence

from imagebus_imaging.decoders import decode_failures_are_rejections, load_decoder, open_image
from imagebus_imaging.encoding import derived
from imagebus_imaging.formats import detect
from imagebus_imaging.interface import Derived, Limits, Rejected
from imagebus_imaging.resizing import fit, scale
from imagebus_imaging.sandbox import MAX_ANSWER, decode_in_child

Size = tuple[int, int]
_BUDGET = Limits().max_frames_pixels
# The frames of all animated thumbnails are held until they are written.
_MAX_HELD_PIXELS = 50_000_000
# Half of what the function has, in time and in memory.
_LIMITS = Limits(cpu_seconds=12, wall_seconds=18, memory_bytes=768 << 20)


def animations(data: bytes, sizes: Sequence[Size], quality: int) -> Mapping[Size, Derived]:
    """An animated WebP for each size that the image is fitted to; none for what does not move, for frames
    that do not decode or cost too much, and for the sizes whose frames are too many to hold.

    Raises `Rejected` for more frames than the budget, and `DecoderStalled` if the machine is too busy.
    """
    name = detect(data)
    if name not in ("GIF", "WEBP"):
        return {}
    load_decoder(name)
    load_decoder("WEBP")
    try:
        made = decode_in_child(lambda: _animated(data, sizes, quality), _LIMITS)
    except Rejected as refusal:
        if refusal.code == "too_many_frames":
            raise
        return {}  # the first frame is sound: validation has decoded it
    return {
        (width, height): derived("", (width, height), "WEBP", base64.b64decode(webp), made["frames"])
        for width, height, webp in made["outputs"]
    }


def _animated(data: bytes, sizes: Sequence[Size], quality: int) -> Mapping[str, Any]:
    """Runs in the child."""
    image = open_image(data)
    with decode_failures_are_rejections():
        count = int(getattr(image, "n_frames", 1))
        total = count * image.width * image.height
        if total > _BUDGET:
            raise Rejected("too_many_frames", "too many frames of this size", _BUDGET, total)
        held = _held({fit(*image.size, box) for box in sizes}, count)
        if count < 2 or not held:
            return {"frames": count, "outputs": []}
        frames: dict[Size, list[Image.Image]] = {size: [] for size in held}
        durations = []
        for frame in _frames(image):
            durations.append(int(frame.info.get("duration", 0)) or 100)
            smaller = frame
            for size in held:
                smaller = scale(smaller, size)
                frames[size].append(smaller)
        loop = int(image.info.get("loop", 1 if image.format == "GIF" else 0))
    outputs = [
        (*size, base64.b64encode(_webp(frames.pop(size), durations, loop, quality)).decode()) for size in held
    ]
    if sum(len(webp) for *_, webp in outputs) > MAX_ANSWER // 2:
        raise Rejected("too_costly", "the animated thumbnails are too large")
    return {"frames": count, "outputs": outputs}


def _held(sizes: set[Size], count: int) -> list[Size]:
    """The sizes whose frames can be held together, largest first; small ones have precedence."""
    kept: list[Size] = []
    left = _MAX_HELD_PIXELS
    for size in sorted(sizes):
        left -= count * size[0] * size[1]
        if left >= 0:
            kept.insert(0, size)
    return kept


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    for frame in ImageSequence.Iterator(image):
        whole = frame.convert("RGBA")
        whole.info = {"duration": frame.info.get("duration", 0)}
        yield whole


def _webp(frames: list[Image.Image], durations: list[int], loop: int, quality: int) -> bytes:
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
