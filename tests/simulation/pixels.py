"""A stand-in for pixels: an image's first bytes say what it is. All code around it is real."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import analyzer.metadata
import thumbnailer.resize
import validator.rules
import watermarker.mark
from imagebus.recipes.model import Watermark
from imagebus_imaging import Derived, Description, ImageInfo, Limits, Output, Rejected
from tests.simulation.variants import look

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


def _derived(name: str, look: str, data: bytes, kind: str = "PNG") -> Derived:
    """What it looks like is its bytes: equal for equal variants, whatever their names."""
    body = f"{look} of ".encode() + data
    return Derived(name, 64, 48, kind, f"image/{kind.lower()}", body, hashlib.sha256(body).hexdigest())


def _derive(data: bytes, outputs: Sequence[Output], faces: Sequence[object] = ()) -> list[Derived]:
    return [
        _derived(
            each.name,
            look(each.variant.settings(), each.format) + _faces(each.variant.focus, faces),
            data,
            "PNG" if each.format == "source" else each.format.upper(),
        )
        for each in outputs
    ]


def _faces(focus: str, faces: Sequence[object]) -> str:
    return f" {list(faces)}" if focus == "faces" else ""


def _watermark(data: bytes, mark: Watermark) -> Derived:
    return _derived("watermarked", json.dumps(mark.settings(), sort_keys=True), data)


def _describe(data: bytes) -> Description:
    return Description({"width": 640, "ratio": 1.5}, {"Make": "Stand-in"}, ["#102030"], "th", "ph")


@contextmanager
def installed() -> Iterator[None]:
    """Applies while the simulation runs in this process; other tests see the real engine."""
    places = (
        (validator.rules, "validate_image", _validate),
        (thumbnailer.resize, "derive", _derive),
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
