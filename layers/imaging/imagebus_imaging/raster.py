"""From bytes to one small, upright, sRGB image: the path every derived image shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from PIL import Image

from imagebus_imaging.colour import PLAIN_MODES, plain, to_srgb
from imagebus_imaging.decoders import DECODE_ERRORS, decode_failures_are_rejections, open_image
from imagebus_imaging.decoders.base import Decoder
from imagebus_imaging.exif import orientation_in
from imagebus_imaging.interface import Rejected
from imagebus_imaging.resizing import scale_down

# EXIF orientation -> the transposition that puts the image upright.
UPRIGHT: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# A backstop for bytes that no validation has seen; the limit that is meant is `Limits.max_pixels`.
_MAX_PIXELS = 300_000_000
# Parameters of glibc's mallopt. A warm function keeps this much for the next image.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_KEPT_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Picture:
    """`image` is small, upright and sRGB; the rest is what the source was, its size as displayed.

    Not the source itself: its pixels, which may be hundreds of megabytes, are gone before anything is
    encoded.
    """

    image: Image.Image
    info: Mapping[str | tuple[int, int], Any]
    format: str
    width: int
    height: int
    mode: str
    has_alpha: bool
    orientation: int


def exif_of(info: Mapping[str | tuple[int, int], Any]) -> Image.Exif:
    """The EXIF block, empty where there is none or it is broken: that is not a reason to refuse a picture."""
    exif = Image.Exif()
    if info.get("exif"):
        with suppress(*DECODE_ERRORS):
            exif.load(info["exif"])
    return exif


def orientation_of(image: Decoder) -> int:
    """EXIF orientation 1-8, 1 where there is none or the decoder has applied it."""
    if image.is_upright:
        return 1
    block = image.info.get("exif")
    return orientation_in(block) if isinstance(block, bytes) else 1


def displayed_size(image: Decoder, orientation: int) -> tuple[int, int]:
    return (image.height, image.width) if orientation >= 5 else image.size


def load_scaled(
    data: bytes, target: Callable[[int, int], tuple[int, int]], *, linear: bool = False
) -> Picture:
    """The image at `target(width as displayed, height as displayed)`, the first frame of an animation.

    Raises `Rejected` for bytes that do not decode.
    """
    _keep_freed_memory()
    source = open_image(data)
    pixels = source.width * source.height
    if pixels > _MAX_PIXELS:
        raise Rejected("too_many_pixels", "the image is too large", _MAX_PIXELS, pixels)
    with decode_failures_are_rejections():
        orientation = orientation_of(source)
        width, height = displayed_size(source, orientation)
        mode, has_alpha, is_grey = source.mode, source.has_transparency_data, source.is_grey
        wanted = target(width, height)
        stored = (wanted[1], wanted[0]) if orientation >= 5 else wanted
        if linear:
            # No step before this one may average what is not linear light.
            source.load()
            small = import_module("imagebus_imaging.linearlight").scale(
                _plain_srgb(source, is_grey=is_grey), stored
            )
        else:
            drafted = source.draft(None, stored)
            shown = drafted[1][2:] if drafted else None
            small = to_srgb(scale_down(source, stored, plain, shown), source.info, is_grey=is_grey)
    if small.mode not in PLAIN_MODES:
        small = small.convert("RGB")
    if orientation in UPRIGHT:
        small = small.transpose(UPRIGHT[orientation])
    return Picture(small, source.info, source.format or "", width, height, mode, has_alpha, orientation)


@cache
def _keep_freed_memory() -> None:
    """glibc returns large blocks to the system, and getting the pages again costs a quarter of a watermark.

    Other C libraries have no mallopt.
    """
    mallopt = getattr(import_module("ctypes").CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def _plain_srgb(source: Image.Image, *, is_grey: bool) -> Image.Image:
    image = to_srgb(plain(source), source.info, is_grey=is_grey)
    return image if image.mode in PLAIN_MODES else image.convert("RGB")


def flatten(image: Image.Image, background: str) -> Image.Image:
    """RGBA composited over a colour; other modes as they are."""
    if image.mode != "RGBA":
        return image
    from PIL import ImageColor  # only few images need it

    out = Image.new("RGB", image.size, ImageColor.getrgb(background)[:3])
    out.paste(image, mask=image.getchannel("A"))
    return out
