"""`python -m benchmarks.hdr`: colours of images in P3, PQ and HLG, compared with Chromium's.

A headless Chromium on an sRGB screen shows each image; ours is the thumbnail at full size. Prints the mean
and the largest ΔE (CIE76) of a table of colours as Markdown.
"""

from __future__ import annotations

import argparse
import base64
import io
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from imagebus_imaging import thumbnails
from tests.hostile.base import chunk

_PATCH, _SIDE = 16, 16
_SIZE = _PATCH * _SIDE
# Name, primaries and transfer function of ITU-T H.273, and the part of the code values that a camera uses.
_SPACES = (
    ("Display P3", 12, 13, 1.0),
    ("BT.2020, sRGB's curve", 9, 13, 1.0),
    ("PQ, BT.2020", 9, 16, 0.75),
    ("PQ, P3", 12, 16, 0.75),
    ("HLG, BT.2020", 9, 18, 1.0),
)
_MIME = {"PNG": "image/png", "AVIF": "image/avif"}


def patches(share: float) -> Image.Image:
    """256 colours: greys, and six hues of different strength."""
    image = Image.new("RGB", (_SIZE, _SIZE))
    hues = [
        (1, 1, 1),
        (1, 0.2, 0.2),
        (0.2, 1, 0.2),
        (0.2, 0.2, 1),
        (1, 0.8, 0.2),
        (0.2, 0.9, 1),
        (0.9, 0.3, 1),
    ]
    for row in range(_SIDE):
        for column in range(_SIDE):
            level = 255 * share * (column + 1) / _SIDE
            strength = min(1, row / _SIDE * 1.2)
            red, green, blue = (round(level * (1 - strength * (1 - part))) for part in hues[row % len(hues)])
            left, top = column * _PATCH, row * _PATCH
            image.paste((red, green, blue), (left, top, left + _PATCH, top + _PATCH))
    return image


def encoded(image: Image.Image, image_format: str, primaries: int, transfer: int) -> bytes:
    out = io.BytesIO()
    if image_format == "PNG":
        image.save(out, "PNG")
        data = out.getvalue()
        return data[:33] + chunk(b"cICP", bytes([primaries, transfer, 0, 1])) + data[33:]
    image.save(out, "AVIF", quality=100, subsampling="4:4:4")
    data = out.getvalue()
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


def in_chromium(browser: str, data: bytes, image_format: str) -> Image.Image:
    with tempfile.TemporaryDirectory() as name:
        page, shot = Path(name, "page.html"), Path(name, "shot.png")
        source = f"data:{_MIME[image_format]};base64,{base64.b64encode(data).decode()}"
        page.write_text(f'<body style="margin:0"><img src="{source}" style="display:block">')
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--force-color-profile=srgb", "--force-device-scale-factor=1",
            f"--window-size={_SIZE},{_SIZE + 200}",
            f"--user-data-dir={name}/profile", f"--screenshot={shot}", page.as_uri(),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return Image.open(shot).convert("RGB").crop((0, 0, _SIZE, _SIZE))


def colours(image: Image.Image) -> Iterator[tuple[float, float, float]]:
    """The middle of each patch in CIELAB."""
    for at in range(_SIDE * _SIDE):
        row, column = divmod(at, _SIDE)
        yield _lab(image.getpixel((column * _PATCH + 8, row * _PATCH + 8)))


def _lab(pixel: object) -> tuple[float, float, float]:
    assert isinstance(pixel, tuple)
    linear = [v / 255 / 12.92 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in pixel]
    matrix = (
        (0.4124564, 0.3575761, 0.1804375),
        (0.2126729, 0.7151522, 0.072175),
        (0.0193339, 0.119192, 0.9503041),
    )
    xyz = (sum(a * b for a, b in zip(row, linear, strict=True)) for row in matrix)
    x, y, z = (
        t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
        for t in (v / w for v, w in zip(xyz, (0.95047, 1.0, 1.08883), strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browser", default=shutil.which("chromium") or shutil.which("google-chrome"))
    asked = parser.parse_args()
    if not asked.browser:
        sys.exit("Chromium is not installed")
    print("| | mean ΔE | largest ΔE | flat (not converted): mean ΔE |\n|---|---|---|---|")
    for name, primaries, transfer, share in _SPACES:
        flat = patches(share)
        for image_format in _MIME:
            data = encoded(flat, image_format, primaries, transfer)
            theirs = list(colours(in_chromium(asked.browser, data, image_format)))
            (made,) = thumbnails(data, [(_SIZE, _SIZE)], formats=["png"])
            ours = list(colours(Image.open(io.BytesIO(made.data)).convert("RGB")))
            cells = [_differences(ours, theirs), _differences(list(colours(flat)), theirs)]
            print(
                f"| {name}, {image_format} | {cells[0][0]:.1f} | {cells[0][1]:.1f} | {cells[1][0]:.1f} |",
                flush=True,
            )
    return 0


def _differences(
    ours: list[tuple[float, float, float]], theirs: list[tuple[float, float, float]]
) -> tuple[float, float]:
    found = [
        sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) ** 0.5 for p, q in zip(ours, theirs, strict=True)
    ]
    return sum(found) / len(found), max(found)


if __name__ == "__main__":
    sys.exit(main())
