"""Scaling: SIMD where the accelerator is installed, Pillow where it is not."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

try:
    import cykooz_resizer  # type: ignore[import-untyped]

    _resizer: cykooz_resizer.Resizer | None = cykooz_resizer.Resizer()
    _lanczos = cykooz_resizer.ResizeAlg.convolution(cykooz_resizer.FilterType.lanczos3)
except ImportError:
    _resizer = None

_SIMD_MODES = ("RGB", "RGBA", "RGBa", "L")
# Above this many pixels, an image that needs a conversion is converted and halved (or more) in bands: a whole
# converted copy of a large one would double the memory.
_BANDED_PIXELS = 4_000_000
_BAND_PIXELS = 1_000_000
# Averaging first, by a whole factor, is not seen as long as this much is left for the last filter.
_GAP = 1.5


def fit(width: int, height: int, box: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the same shape inside the box, at least 1x1 and never larger than the image."""
    ratio = min(box[0] / width, box[1] / height, 1.0)
    # Halves upwards, as libvips and sharp: Python's own rounding would take them to the even number.
    return max(1, int(width * ratio + 0.5)), max(1, int(height * ratio + 0.5))


def scale(image: Image.Image, size: tuple[int, int], shown: tuple[float, float] | None = None) -> Image.Image:
    """The image at that size, alpha weighted. Returns the same object when it already has it.

    `shown` is how much of the image is picture: decoders that scale may end with a part of a column and a
    row.
    """
    width, height = shown or image.size
    if image.size == size == (width, height):
        return image
    if _resizer is not None and image.mode in _SIMD_MODES:
        out = Image.new(image.mode, size)
        crop = cykooz_resizer.CropBox(0, 0, min(width, image.width), min(height, image.height))
        _resizer.resize_pil(image, out, cykooz_resizer.ResizeOptions(_lanczos, crop_box=crop))
        return out
    return image.resize(size, Image.Resampling.LANCZOS, (0, 0, width, height), reducing_gap=_GAP)


def scale_down(
    image: Image.Image,
    size: tuple[int, int],
    plain: Callable[[Image.Image], Image.Image],
    shown: tuple[float, float] | None = None,
) -> Image.Image:
    """`scale(plain(image), size)` for a freshly decoded image, without a converted copy of a large one."""
    width, height = shown or image.size
    direct = image.mode in ("RGB", "L") and "transparency" not in image.info
    factor = int(min(width / size[0], height / size[1]) / _GAP)
    if direct or image.width * image.height <= _BANDED_PIXELS or factor < 2:
        return scale(plain(image), size, shown)
    reduced = _reduced_in_bands(image, factor, plain)
    # The last column and row stand for less than a whole factor of the source.
    small = scale(reduced, size, (width / factor, height / factor))
    # Alpha stays multiplied until the end: one conversion of a small image instead of one of a large one.
    return small.convert("RGBA") if small.mode == "RGBa" else small


def _reduced_in_bands(
    image: Image.Image, factor: int, plain: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    width, height = image.size
    rows = max(1, _BAND_PIXELS // (width * factor)) * factor
    out: Image.Image | None = None
    for top in range(0, height, rows):
        band = plain(image.crop((0, top, width, min(height, top + rows))))
        if band.mode == "RGBA":
            band = band.convert("RGBa")
        band = band.reduce(factor)
        if out is None:
            out = Image.new(band.mode, (-(-width // factor), -(-height // factor)))
        out.paste(band, (0, top // factor))
    if out is None:
        raise ValueError("an image without rows")
    return out
