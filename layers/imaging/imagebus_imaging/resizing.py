"""Scaling: SIMD if the accelerator is installed, otherwise Pillow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from PIL import Image

from imagebus_imaging.decoders.base import Decoder

try:
    import cykooz_resizer  # type: ignore[import-untyped]

    _resizer: cykooz_resizer.Resizer | None = cykooz_resizer.Resizer()
    _bicubic, _lanczos = (
        cykooz_resizer.ResizeAlg.convolution(kind)
        for kind in (cykooz_resizer.FilterType.catmull_rom, cykooz_resizer.FilterType.lanczos3)
    )
except ImportError:
    _resizer = None

_SIMD_MODES = ("RGB", "RGBA", "RGBa", "L")
# Above this many pixels, an image is converted and averaged by a whole factor in bands: it costs a little
# more time than the filter on all pixels, and a fraction of the memory.
_BANDED_PIXELS = 20_000_000
_BAND_PIXELS = 1_000_000
# Averaging first, by a whole factor, is invisible as long as this much is left for the last filter.
_GAP = 1.5
# Below this factor bicubic scores as Lanczos does (SSIM within 0.0006) for two thirds of its time, where an
# image has no detail that a single pixel holds.
_SLIGHT = 1.8


def scale(
    image: Image.Image,
    size: tuple[int, int],
    shown: tuple[float, float] | None = None,
    *,
    of_soft: bool = False,
) -> Image.Image:
    """The image at that size, weighted by alpha. Returns the same object if it already has that size.

    `shown` is how much of the image is picture: decoders that scale may end with a part of a column and of a
    row. `of_soft`: a decoder has scaled an image down to this one in which no detail was a pixel wide.
    """
    width, height = shown or image.size
    if image.size == size == (width, height):
        return image
    if _resizer is not None and image.mode in _SIMD_MODES:
        out = Image.new(image.mode, size, None)
        crop = cykooz_resizer.CropBox(0, 0, min(width, image.width), min(height, image.height))
        slight = of_soft and min(width / size[0], height / size[1]) < _SLIGHT
        kind = _bicubic if slight else _lanczos
        _resizer.resize_pil(image, out, cykooz_resizer.ResizeOptions(kind, crop_box=crop))
        return out
    return image.resize(size, Image.Resampling.LANCZOS, (0, 0, width, height), reducing_gap=_GAP)


def scale_in_turn(
    image: Image.Image,
    sizes: Iterable[tuple[int, int]],
    how: Callable[[Image.Image, tuple[int, int]], Image.Image] = scale,
) -> dict[tuple[int, int], Image.Image]:
    """The image at each size, from large to small, each scaled from the last one that is large enough."""
    made: dict[tuple[int, int], Image.Image] = {}
    for size in sorted(sizes, reverse=True):
        larger = (
            each for each in reversed(made.values()) if each.width >= size[0] and each.height >= size[1]
        )
        made[size] = how(next(larger, image), size)
    return made


def scale_down(
    source: Decoder,
    size: tuple[int, int],
    plain: Callable[[Image.Image], Image.Image],
    shown: tuple[float, float] | None = None,
) -> Image.Image:
    """`scale(plain(source), size)` for an image that is not decoded yet, without a copy of all pixels of a
    large one.
    """
    width, height = shown or source.size
    factor = int(min(width / size[0], height / size[1]) / _GAP)
    bands = None
    if source.width * source.height > _BANDED_PIXELS and factor > 1:
        bands = _bands(source, max(1, _BAND_PIXELS // (source.width * factor)) * factor)
    if bands is None:
        source.load()
        return scale(plain(source), size, shown, of_soft=shown is not None and source.is_soft)
    reduced = _reduced(bands, source.size, factor, plain)
    # The last column and row cover less than a whole factor of the source.
    small = scale(reduced, size, (width / factor, height / factor))
    # Alpha stays multiplied until the end: converting the small image is cheaper than the large one.
    return small.convert("RGBA") if small.mode == "RGBa" else small


def _bands(source: Decoder, rows: int) -> Iterator[Image.Image] | None:
    """As the decoder has them, or cut from the decoded image where that needs a conversion."""
    bands = source.bands(rows)
    if bands is not None:
        return bands
    source.load()
    if source.mode in ("RGB", "L") and "transparency" not in source.info:
        return None
    width, height = source.size
    tops = range(0, height, rows)
    return (source.crop((0, top, width, min(height, top + rows))) for top in tops)


def _reduced(
    bands: Iterator[Image.Image],
    size: tuple[int, int],
    factor: int,
    plain: Callable[[Image.Image], Image.Image],
) -> Image.Image:
    out: Image.Image | None = None
    top = 0
    for decoded in bands:
        band = plain(decoded)
        if band.mode == "RGBA":
            band = band.convert("RGBa")
        band = band.reduce(factor)
        if out is None:
            out = Image.new(band.mode, (-(-size[0] // factor), -(-size[1] // factor)))
        out.paste(band, (0, top))
        top += band.height
    if out is None:
        raise ValueError("an image without rows")
    return out
