"""Scaling: SIMD where the accelerator is installed, Pillow where it is not."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image

try:
    import cykooz_resizer  # type: ignore[import-untyped]

    _resizer: cykooz_resizer.Resizer | None = cykooz_resizer.Resizer()
    _bicubic, _lanczos = (
        cykooz_resizer.ResizeOptions(resize_alg=cykooz_resizer.ResizeAlg.convolution(kind))
        for kind in (cykooz_resizer.FilterType.catmull_rom, cykooz_resizer.FilterType.lanczos3)
    )
except ImportError:
    _resizer = None

_SIMD_MODES = ("RGB", "RGBA", "RGBa", "L")
# Above this many pixels, an image that needs a conversion is converted and halved (or more) in bands: a whole
# converted copy of a large one would double the memory.
_BANDED_PIXELS = 4_000_000
_BAND_PIXELS = 1_000_000
# Averaging first, by a whole factor, is not seen as long as this much is left for the last filter.
_GAP = 1.5
# Below this factor bicubic scores as Lanczos does (SSIM within 0.0006), for two thirds of its time.
_SLIGHT = 1.8


def fit(width: int, height: int, box: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the same shape inside the box, at least 1x1 and never larger than the image."""
    ratio = min(box[0] / width, box[1] / height, 1.0)
    return max(1, round(width * ratio)), max(1, round(height * ratio))


def scale(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The image at that size, alpha weighted. Returns the same object when it already has it."""
    if image.size == size:
        return image
    slight = min(image.width / size[0], image.height / size[1]) < _SLIGHT
    if _resizer is not None and image.mode in _SIMD_MODES:
        out = Image.new(image.mode, size)
        _resizer.resize_pil(image, out, _bicubic if slight else _lanczos)
        return out
    kind = Image.Resampling.BICUBIC if slight else Image.Resampling.LANCZOS
    return image.resize(size, kind, reducing_gap=_GAP)


def scale_down(
    image: Image.Image, size: tuple[int, int], plain: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """`scale(plain(image), size)` for a freshly decoded image, without a converted copy of a large one."""
    width, height = image.size
    direct = image.mode in ("RGB", "L") and "transparency" not in image.info
    if direct or width * height <= _BANDED_PIXELS:
        return scale(plain(image), size)
    factor = int(min(width / size[0], height / size[1]) / _GAP)
    if factor < 2:
        return scale(plain(image), size)
    reduced = _reduced_in_bands(image, factor, plain)
    if reduced.width * factor == width and reduced.height * factor == height:
        small = scale(reduced, size)
    else:
        # The last column and row stand for less than a whole factor of the source.
        box = (0.0, 0.0, width / factor, height / factor)
        small = reduced.resize(size, Image.Resampling.LANCZOS, box=box)
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
