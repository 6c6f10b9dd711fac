"""Scaling: SIMD where the accelerator is installed, Pillow where it is not."""

from __future__ import annotations

from PIL import Image

try:
    import cykooz_resizer  # type: ignore[import-untyped]

    _resizer: cykooz_resizer.Resizer | None = cykooz_resizer.Resizer()
    _options = cykooz_resizer.ResizeOptions(
        resize_alg=cykooz_resizer.ResizeAlg.convolution(cykooz_resizer.FilterType.lanczos3)
    )
except ImportError:
    _resizer = None

_SIMD_MODES = ("RGB", "RGBA", "L")


def fit(width: int, height: int, box: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the same shape inside the box, at least 1x1 and never larger than the image."""
    ratio = min(box[0] / width, box[1] / height, 1.0)
    return max(1, round(width * ratio)), max(1, round(height * ratio))


def scale(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The image at that size, alpha weighted. Returns the same object when it already has it."""
    if image.size == size:
        return image
    if _resizer is not None and image.mode in _SIMD_MODES:
        out = Image.new(image.mode, size)
        _resizer.resize_pil(image, out, _options)
        return out
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=1.5)
