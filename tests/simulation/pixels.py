"""A stand-in for pixels: an image's first bytes say what it is. All code around it is real."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import analyzer.metadata
import thumbnailer.resize
import validator.rules
import watermarker.mark
from imagebus.recipes.model import Watermark
from imagebus_imaging import Derived, Description, ImageInfo, Limits, Rejected

GOOD, CORRUPT, EMPTY = b"good ", b"corrupt ", b""


def kind(data: bytes) -> str:
    """What a user knows of a picture."""
    return "empty" if not data else "good" if data.startswith(GOOD) else "corrupt"


def _validate(data: bytes, limits: Limits) -> ImageInfo:
    if not data.startswith(GOOD):
        raise Rejected("corrupt", "not an image")
    digest = hashlib.sha256(data).hexdigest()
    return ImageInfo(
        "PNG",
        "image/png",
        640,
        480,
        "RGB",
        has_alpha=False,
        frames=1,
        orientation=1,
        sha256=digest,
        size=len(data),
    )


def _derived(name: str, look: str, data: bytes) -> Derived:
    body = f"{name} {look} of ".encode() + data
    return Derived(name, 64, 48, "PNG", "image/png", body, hashlib.sha256(body).hexdigest())


def _thumbnails(
    data: bytes, sizes: Sequence[tuple[int, int]], *, background: str, output_format: str | None, **_: object
) -> list[Derived]:
    return [_derived(f"{w}x{h}", f"{background} {output_format}", data) for w, h in sizes]


def _watermark(data: bytes, spec: Watermark, **_: object) -> Derived:
    return _derived("watermarked", str(spec.opacity), data)


def _describe(data: bytes) -> Description:
    return Description({"width": 640, "ratio": 1.5}, {"Make": "Stand-in"}, ["#102030"], "th", "ph")


@contextmanager
def installed() -> Iterator[None]:
    """Applies while the simulation runs in this process; other tests see the real engine."""
    places = (
        (validator.rules, "validate_image", _validate),
        (thumbnailer.resize, "thumbnails", _thumbnails),
        (watermarker.mark, "watermark", _watermark),
        (analyzer.metadata, "describe", _describe),
    )
    originals = [getattr(module, name) for module, name, _ in places]
    for module, name, stand_in in places:
        setattr(module, name, stand_in)
    try:
        yield
    finally:
        for (module, name, _), original in zip(places, originals, strict=True):
            setattr(module, name, original)
