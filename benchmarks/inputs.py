"""The generated inputs: photo-like images."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from tests.unit.imaging.pictures import DISPLAY_P3


@dataclass(frozen=True)
class Case:
    """One row of the table. `shape` is in megapixels; `options` are Pillow's save options."""

    name: str
    extension: str
    size: tuple[int, int]
    options: dict[str, Any]
    mode: str = "RGB"


_12, _24, _48 = (4000, 3000), (6000, 4000), (8000, 6000)
_ROTATED = Image.Exif()
_ROTATED[0x0112] = 6
CASES = (
    Case("jpeg-12mp-baseline", "jpg", _12, {"quality": 88}),
    Case("jpeg-24mp-baseline", "jpg", _24, {"quality": 88}),
    Case("jpeg-48mp-baseline", "jpg", _48, {"quality": 88}),
    Case("jpeg-12mp-progressive", "jpg", _12, {"quality": 88, "progressive": True}),
    Case("jpeg-24mp-progressive", "jpg", _24, {"quality": 88, "progressive": True}),
    Case("jpeg-48mp-progressive", "jpg", _48, {"quality": 88, "progressive": True}),
    Case("jpeg-12mp-rotated", "jpg", _12, {"quality": 88, "exif": _ROTATED}),
    Case("jpeg-12mp-p3", "jpg", _12, {"quality": 88, "icc_profile": DISPLAY_P3}),
    Case("png-12mp", "png", _12, {"compress_level": 6}),
    Case("png-12mp-rgba", "png", _12, {"compress_level": 6}, "RGBA"),
    Case("webp-12mp", "webp", _12, {"quality": 85, "method": 2}),
)
OTHERS = (
    Case("gif-2mp", "gif", (1600, 1200), {}),
    Case("avif-12mp", "avif", _12, {"quality": 60, "speed": 9}),
    Case("heic-12mp", "heic", _12, {"quality": 60}),
)


def photo(width: int, height: int) -> Image.Image:
    """Blobs in four octaves with correlated channels and fine grain on top. Compresses like a photograph."""
    seeded = random.Random(width)
    channels = []
    for _ in range(3):
        layered: Image.Image | None = None
        for octave, weight in ((4, 1.0), (16, 0.3), (64, 0.25), (256, 0.2)):
            w, h = max(2, width * octave // 4096), max(2, height * octave // 4096)
            noise = Image.frombytes("L", (w, h), seeded.randbytes(w * h)).resize(
                (width, height), Image.Resampling.BICUBIC
            )
            layered = noise if layered is None else Image.blend(layered, noise, weight)
        assert layered is not None
        channels.append(layered)
    grain = Image.frombytes("L", (1024, 1024), seeded.randbytes(1 << 20)).point(lambda v: 119 + v // 14)
    tiled = Image.new("L", (width, height))
    for x in range(0, width, 1024):
        for y in range(0, height, 1024):
            tiled.paste(grain, (x, y))
    luma = ImageChops.add(channels[0], tiled, 1, -128)
    return Image.merge(
        "RGB", (luma, Image.blend(luma, channels[1], 0.3), Image.blend(luma, channels[2], 0.3))
    )


def prepare(folder: Path, cases: tuple[Case, ...]) -> dict[str, Path]:
    """Case name -> file, generated once and kept."""
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Path] = {}
    made: tuple[tuple[int, int], Image.Image] | None = None
    for case in sorted(cases, key=lambda case: case.size):
        path = found[case.name] = folder / f"{case.name}.{case.extension}"
        if path.exists():
            continue
        if made is None or made[0] != case.size:
            made = case.size, photo(*case.size)
        image = made[1]
        if case.mode == "RGBA":
            image = image.copy()
            image.putalpha(image.getchannel("G").point(lambda v: min(255, v * 2)))
        _saver(case.extension)(image, path, case.options)
    return {case.name: found[case.name] for case in cases}


def _saver(extension: str) -> Callable[[Image.Image, Path, dict[str, Any]], None]:
    if extension != "heic":
        return lambda image, path, options: image.save(path, **options)

    def save(image: Image.Image, path: Path, options: dict[str, Any]) -> None:
        import pillow_heif

        pillow_heif.from_pillow(image).save(path, **options)

    return save
