"""How much work the engine has with an image, in milliseconds where benchmarks/recipes.py was run.

Only ratios matter: a plan scales them by what the stack's own events say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from imagebus.image_types import OUTPUT_OF_SOURCE
from imagebus.recipes.missing import Output
from imagebus.recipes.model import Watermark
from imagebus_imaging.geometry import enclosing, fit, shape_of

CONSTANTS = Path(__file__).with_name("engine.json")
#: libjpeg makes a half, a quarter or an eighth at once, from these factors on.
JPEG_SHRINKS = (3.0, 5.0, 9.0)
#: Bytes for each pixel, where the stack has made nothing in the format yet.
BYTES = {"JPEG": 0.2, "PNG": 1.5, "WEBP": 0.12, "AVIF": 0.1}


@dataclass(frozen=True)
class Source:
    """`width` and `height` are as displayed."""

    format: str
    width: int
    height: int
    frames: int = 1

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Source:
        return cls(item["format"], item["width"], item["height"], item["frames"])


@dataclass(frozen=True)
class Target:
    """One encoded object. The image is scaled to `scaled`, and cropped or padded to `size`."""

    scaled: tuple[int, int]
    size: tuple[int, int]
    format: str
    frames: int = 1

    @property
    def pixels(self) -> int:
        return self.size[0] * self.size[1] * self.frames


@dataclass(frozen=True)
class Effort:
    """`requests` to S3, and milliseconds of the engine."""

    requests: int = 0
    ms: float = 0.0


def of_outputs(source: Source, outputs: Sequence[Output]) -> list[Target]:
    targets = []
    for each in outputs:
        shape = shape_of(each.variant, source.width, source.height)
        moves = each.variant.animated and source.frames > 1 and each.format in ("source", "webp")
        image_format = "WEBP" if moves else _written(each.format, source.format)
        targets.append(Target(shape.scaled, shape.size, image_format, source.frames if moves else 1))
    return targets


def of_mark(source: Source, mark: Watermark) -> list[Target]:
    size = fit(source.width, source.height, (mark.max_side, mark.max_side))
    return [Target(size, size, _written(mark.format, source.format))]


def of_items(source: Source, items: Sequence[Mapping[str, Any]], *, still: bool) -> list[Target]:
    """From the objects of a fact. The size before a crop is unknown, and matters little."""
    found = []
    for each in items:
        size = each["width"], each["height"]
        moves = source.frames > 1 and each["format"] == "WEBP" and not still
        found.append(Target(size, size, each["format"], source.frames if moves else 1))
    return found


def effort(source: Source, targets: Sequence[Target]) -> Effort:
    """If nothing has to be made, nothing is read: one request asks whether the upload still exists."""
    if not targets:
        return Effort(1)
    return Effort(1 + len(targets), sum(_milliseconds(source, targets, _constants())))


def _milliseconds(source: Source, targets: Sequence[Target], of: Mapping[str, Any]) -> Iterator[float]:
    sizes = {each.scaled for each in targets}
    largest = enclosing(sizes, source.width, source.height)
    shrink = min(source.width / largest[0], source.height / largest[1])
    decode = of["decode_ms_per_mp"].get(source.format) or of["decode_ms_per_mp"]["PNG"]
    step = sum(shrink >= each for each in JPEG_SHRINKS) if len(decode) > 1 else 0
    megapixels = source.width * source.height / 1e6
    yield decode[step] * megapixels * max(each.frames for each in targets)
    last = largest
    for size in sorted(sizes, reverse=True)[1:]:
        yield of["scale_ms_per_mp"] * last[0] * last[1] / 1e6
        last = size
    for each in set(targets):
        yield _between(of["encode_ms"].get(each.format) or of["encode_ms"]["PNG"], each.pixels)


def _between(measured: Sequence[tuple[int, float]], pixels: int) -> float:
    """Milliseconds for so many pixels, from the measurements next to them."""
    for (fewer, less), (more, longer) in pairwise(measured):
        if pixels <= more:
            return max(less, less + (longer - less) * (pixels - fewer) / (more - fewer))
    most, longest = measured[-1]
    return longest * pixels / most


def _written(wanted: str, source_format: str) -> str:
    return OUTPUT_OF_SOURCE.get(source_format, source_format) if wanted == "source" else wanted.upper()


@cache
def _constants() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(CONSTANTS.read_text(encoding="utf-8"))
    return found
