"""Images with known pixels, and the tolerance after a lossy round trip."""

from __future__ import annotations

import io
import struct

import pillow_heif
from PIL import Image

from imagebus_imaging import Derived

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 180, 40), (40, 50, 210), (250, 250, 250)
QUADRANTS = {"top-left": RED, "top-right": GREEN, "bottom-left": BLUE, "bottom-right": WHITE}

# What a camera does to an upright image before it stores it with that orientation.
STORED_AS: dict[int, Image.Transpose | None] = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def quadrants(width: int = 160, height: int = 96) -> Image.Image:
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(WHITE, (width // 2, height // 2, width, height))
    return image


def stored(image: Image.Image, orientation: int) -> Image.Image:
    method = STORED_AS[orientation]
    return image.transpose(method) if method is not None else image


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    out = io.BytesIO()
    if image_format == "HEIF":
        pillow_heif.from_pillow(image).save(out, quality=90, **options)
    else:
        lossy = {"quality": 95} if image_format in ("JPEG", "WEBP", "AVIF") else {}
        image.save(out, image_format, **{**lossy, **options})
    return out.getvalue()


def opened(derived: Derived | bytes) -> Image.Image:
    image = Image.open(io.BytesIO(derived if isinstance(derived, bytes) else derived.data))
    image.load()
    return image


def exif_with(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def near(found: object, wanted: tuple[int, ...], tolerance: int = 12) -> bool:
    assert isinstance(found, tuple), found
    return len(found) == len(wanted) and all(
        abs(a - b) <= tolerance for a, b in zip(found, wanted, strict=True)
    )


def assert_quadrants(image: Image.Image, tolerance: int = 12) -> None:
    """Every quadrant has its colour in the middle, where no filter mixes in a neighbour."""
    rgb = image.convert("RGB")
    for name, colour in QUADRANTS.items():
        at = (
            rgb.width * (3 if "right" in name else 1) // 4,
            rgb.height * (3 if "bottom" in name else 1) // 4,
        )
        assert near(rgb.getpixel(at), colour, tolerance), (name, rgb.getpixel(at), colour)


def _s15(value: float) -> bytes:
    return struct.pack(">i", round(value * 65_536))


def profile(primaries: tuple[tuple[float, float, float], ...], curve: tuple[float, ...]) -> bytes:
    """A minimal RGB matrix profile: D50 primaries, and a gamma or the five parameters of sRGB's curve."""
    kind = 3 if len(curve) == 5 else 0
    para = b"para" + bytes(4) + struct.pack(">HH", kind, 0) + b"".join(map(_s15, curve))
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(79),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + b"".join(map(_s15, (0.9642, 1.0, 0.8249))),
        **{
            name: b"XYZ " + bytes(4) + b"".join(map(_s15, primary))
            for name, primary in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)
        },
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), para),
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        table += name + struct.pack(">II", start + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"test", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)
    header += b"".join(map(_s15, (0.9642, 1.0, 0.8249)))
    return header.ljust(128, b"\0") + table + body


SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
SRGB = profile(((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7142)), SRGB_CURVE)
DISPLAY_P3 = profile(
    ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)), SRGB_CURVE
)


def grey_profile(gamma: float) -> bytes:
    """A minimal profile for grey pixels."""
    white = b"".join(map(_s15, (0.9642, 1.0, 0.8249)))
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(79),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + white,
        b"kTRC": b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)),
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, tag in tags.items():
        table += name + struct.pack(">II", start + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    header = struct.pack(">I4sI4s4s4s", start + len(body), b"test", 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + white
    return header.ljust(128, b"\0") + table + body
