"""`python -m benchmarks.recipes` measures what `imagebus recipe plan` assumes about the engine.

It writes cli/imagebus_cli/recipes/engine.json: CPU milliseconds per megapixel of decoding, scaling and
encoding, by format. A plan scales them by what the stack's own events say, so only their ratios matter.
"""

from __future__ import annotations

import io
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pillow_heif
from PIL import Image

from benchmarks.inputs import photo
from imagebus_imaging import RECIPE
from imagebus_imaging.encoding import encode
from imagebus_imaging.raster import load_scaled
from imagebus_imaging.resizing import scale

RESULT = Path("cli/imagebus_cli/recipes/engine.json")
#: What an output costs at all, and how it grows.
SIZES = (64, 48), (160, 120), (320, 240), (640, 480), (2400, 1800)
DECODED = (4000, 3000)
SOURCES: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 88},
    "PNG": {"compress_level": 6},
    "WEBP": {"quality": 85, "method": 2},
    "GIF": {},
    "AVIF": {"quality": 60, "speed": 9},
    "HEIF": {"quality": 60},
    "TIFF": {"compression": "tiff_lzw"},
}


def cpu_ms(work: Callable[[], Any], rounds: int = 5) -> float:
    """The median of this process and its children, after a first round that loads what is loaded once."""
    spent = []
    for _ in range(rounds + 1):
        before = sum(os.times()[:4])
        started = time.process_time()
        work()
        children = sum(os.times()[:4]) - before
        spent.append(max(time.process_time() - started, children) * 1000)
    return statistics.median(spent[1:])


def encoding(image: Image.Image, image_format: str) -> list[list[float]]:
    """Pixels of an output, and milliseconds for it."""
    times = []
    for width, height in SIZES:
        picture, pixels = scale(image, (width, height)), width * height

        def work(picture: Image.Image = picture, again: int = max(1, 200_000 // pixels)) -> None:
            for _ in range(again):
                encode("x", picture.copy(), image_format)

        times.append([pixels, round(cpu_ms(work) / max(1, 200_000 // pixels), 2)])
    return times


def decoding(data: bytes, shrink: float) -> float:
    """Milliseconds per megapixel of the source, to make an image that many times smaller."""
    size = max(1, int(DECODED[0] / shrink)), max(1, int(DECODED[1] / shrink))
    return round(cpu_ms(lambda: load_scaled(data, lambda *_: size)) / 12, 2)


def main() -> int:
    pillow_heif.register_heif_opener()
    image = photo(*DECODED)
    decode: dict[str, Any] = {}
    for name, options in SOURCES.items():
        buffer = io.BytesIO()
        image.save(buffer, name, **options)
        shrinks = (1, 3.1, 5.1, 9.1) if name == "JPEG" else (1,)
        decode[name] = [decoding(buffer.getvalue(), each) for each in shrinks]
        print(name, decode[name])
    half = cpu_ms(lambda: scale(image, (2000, 1500))) / 12
    found = {
        "engine": RECIPE,
        "decode_ms_per_mp": decode,
        "scale_ms_per_mp": round(half, 2),
        "encode_ms": {name: encoding(image, name) for name in ("JPEG", "PNG", "WEBP", "AVIF")},
    }
    RESULT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
