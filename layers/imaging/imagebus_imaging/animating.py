"""Animated thumbnails: GIF and WebP animations as animated WebP. Loaded when asked for.

Validation decodes only the first frame, so all of them are decoded in a confined child, as there.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PIL import Image, ImageSequence

from imagebus_imaging.composing import Look, compose
from imagebus_imaging.decoders import decode_failures_are_rejections, load_decoder, open_image
from imagebus_imaging.encoding import derived
from imagebus_imaging.formats import detect
from imagebus_imaging.geometry import WEBP_SIDE, Size
from imagebus_imaging.interface import Derived, Limits, Rejected
from imagebus_imaging.raster import UPRIGHT, displayed_size
from imagebus_imaging.resizing import scale_in_turn
from imagebus_imaging.sandbox import MAX_ANSWER, decode_in_child

# What to look like, and WebP's quality.
Wanted = tuple[Look, int]
_BUDGET = Limits().max_frames_pixels
# The frames of all animated thumbnails are held until they are written.
_MAX_HELD_PIXELS = 50_000_000
# Half of what the function has, in time and in memory.
_LIMITS = Limits(cpu_seconds=12, wall_seconds=18, memory_bytes=768 << 20)


def animations(
    data: bytes, wanted: Sequence[Wanted], size: Size, orientation: int
) -> Mapping[Wanted, Derived]:
    """An animated WebP for each look and quality; none for what does not move, for frames that do not decode
    or cost too much, and for the looks whose frames are too many to hold.

    `size` is that of the image as displayed. Raises `Rejected` for more frames than the budget, and
    `DecoderStalled` if the machine is too busy.
    """
    name = detect(data)
    if name not in ("GIF", "WEBP"):
        return {}
    load_decoder(name)
    load_decoder("WEBP")
    try:
        made = decode_in_child(lambda: _animated(data, wanted, size, orientation), _LIMITS)
    except Rejected as refusal:
        if refusal.code == "too_many_frames":
            raise
        return {}  # the first frame is sound: validation has decoded it
    return {
        wanted[n]: derived("", wanted[n][0].shape.size, "WEBP", base64.b64decode(webp), made["frames"])
        for n, webp in made["outputs"]
    }


def _animated(data: bytes, wanted: Sequence[Wanted], size: Size, orientation: int) -> Mapping[str, Any]:
    """Runs in the child."""
    image = open_image(data)
    with decode_failures_are_rejections():
        count = int(getattr(image, "n_frames", 1))
        total = count * image.width * image.height
        if total > _BUDGET:
            raise Rejected("too_many_frames", "too many frames of this size", _BUDGET, total)
        held = _held({look for look, _ in wanted}, count)
        if count < 2 or not held or displayed_size(image, orientation) != size:
            return {"frames": count, "outputs": []}
        frames: dict[Look, list[Image.Image]] = {look: [] for look in held}
        durations = []
        for frame in _frames(image, orientation):
            durations.append(int(frame.info.get("duration", 0)) or 100)
            scaled = scale_in_turn(frame, {look.shape.scaled for look in held})
            for look in held:
                frames[look].append(compose(scaled[look.shape.scaled], look))
        loop = int(image.info.get("loop", 1 if image.format == "GIF" else 0))
    outputs = [
        (n, base64.b64encode(_webp(frames[look], durations, loop, quality)).decode())
        for n, (look, quality) in enumerate(wanted)
        if look in frames
    ]
    if sum(len(webp) for _, webp in outputs) > MAX_ANSWER // 2:
        raise Rejected("too_costly", "the animated thumbnails are too large")
    return {"frames": count, "outputs": outputs}


def _held(looks: set[Look], count: int) -> list[Look]:
    """The looks whose frames can be held together; small ones have precedence."""
    kept: list[Look] = []
    left = _MAX_HELD_PIXELS
    for look in sorted(looks, key=lambda look: look.shape.size):
        left -= count * look.shape.size[0] * look.shape.size[1]
        if left >= 0 and max(look.shape.size) <= WEBP_SIDE:
            kept.append(look)
    return kept


def _frames(image: Image.Image, orientation: int) -> Iterator[Image.Image]:
    for frame in ImageSequence.Iterator(image):
        whole = frame.convert("RGBA")
        if orientation in UPRIGHT:
            whole = whole.transpose(UPRIGHT[orientation])
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
