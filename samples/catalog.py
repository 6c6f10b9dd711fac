"""The samples: one row per object, with its expected outcome."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from samples import scenes

Outcome = Literal["completed", "rejected"]


@dataclass(frozen=True)
class Sample:
    """An object to upload. `code` is the expected rejection code, or None if it must complete."""

    key: str
    about: str
    make: Callable[[], bytes]
    code: str | None = None

    @property
    def expected(self) -> Outcome:
        return "rejected" if self.code else "completed"


def _encode(image: Image.Image, image_format: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, image_format, **options)
    return out.getvalue()


def _jpeg(image: Image.Image, **options: object) -> bytes:
    return _encode(image, "JPEG", **{"quality": 88, **options})


def _rotated() -> bytes:
    """EXIF of a portrait photo stored as landscape, with a position and serial number that must not leak."""
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: rotate 90° clockwise to display
    exif[0x010F], exif[0x0110] = "Imagebus", "Sample Camera"
    exif.get_ifd(0x8769).update({0x9003: "2026:07:14 18:21:05", 0xA431: "SERIAL-0001"})
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.0), 3: "E", 4: (2.0, 21.0, 3.0)})
    upright = scenes.city((900, 1350), 31)
    return _jpeg(upright.transpose(Image.Transpose.ROTATE_90), exif=exif)


def _animation() -> bytes:
    frames = [scenes.sea((480, 320), 60).rotate(angle, expand=False) for angle in (0, 2, 4, 2)]
    frames = [frame.quantize(96) for frame in frames]
    return _encode(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=120, loop=0)


def _truncated() -> bytes:
    # Without a pixel: of a JPEG that ends later, what is there is shown.
    return _jpeg(scenes.dunes((1200, 800), 71), comment=bytes(60_000))[:33_900]


SAMPLES: tuple[Sample, ...] = (
    Sample("mountains.jpg", "baseline JPEG", lambda: _jpeg(scenes.mountains((1620, 1080), 1))),
    Sample(
        "albums/2026/summer trip/sea (progressive).jpg",
        "progressive JPEG; nested folders, spaces, parentheses",
        lambda: _jpeg(scenes.sea((1800, 1200), 3), progressive=True),
    ),
    Sample("phone/IMG_0001.JPG", "EXIF-rotated JPEG with GPS in its EXIF", _rotated),
    Sample(
        "cut-outs/flower+alpha.png",
        "PNG with alpha; a plus sign",
        lambda: _encode(scenes.flower((1000, 1000), 6), "PNG", compress_level=4),
    ),
    Sample(
        "web/100%2Bpercent.webp",
        "WebP; a literal %2B",
        lambda: _encode(scenes.dunes((1280, 853), 5), "WEBP", quality=82, method=2),
    ),
    Sample(
        "print/proof CMYK.jpg",
        "CMYK JPEG",
        lambda: _jpeg(scenes.dusk((1200, 800), 2).convert("CMYK"), quality=92),
    ),
    Sample(
        "camera/12 megapixels.jpg",
        "12 MP JPEG",
        lambda: _jpeg(scenes.mountains((4000, 3000), 17), quality=94),
    ),
    Sample("été/café.jpg", "é", lambda: _jpeg(scenes.sea((1100, 733), 23))),
    Sample("写真/漢字.jpg", "漢字", lambda: _jpeg(scenes.dusk((1100, 733), 8))),
    Sample("🏔️/sunrise 🌅.jpg", "an emoji", lambda: _jpeg(scenes.mountains((1100, 733), 42))),
    Sample("albums/a/photo.jpg", "one name, two folders", lambda: _jpeg(scenes.dunes((960, 640), 12))),
    Sample("albums/b/photo.jpg", "one name, two folders", lambda: _jpeg(scenes.city((960, 640), 13))),
    Sample("web/waves.gif", "animated GIF", _animation),
    Sample(
        "web/modern.avif",
        "AVIF",
        lambda: _encode(scenes.dusk((960, 640), 19), "AVIF", quality=70, speed=8, max_threads=1),
    ),
    Sample("broken/truncated.jpg", "a JPEG truncated before its pixels", _truncated, code="corrupt"),
    Sample(
        "broken/notes.jpg",
        "text renamed .jpg",
        lambda: b"Dear diary, today I renamed a text file to .jpg.\n" * 40,
        code="unsupported_format",
    ),
    Sample("broken/empty.jpg", "an empty file", lambda: b"", code="empty"),
)
