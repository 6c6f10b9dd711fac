"""SSIM of thumbnails against a full-decode Lanczos reference. Runs in the benchmark's environment.

`python similarity.py SOURCE PREFIX...` prints one number per prefix: the mean over PREFIX.0 to PREFIX.3.
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image, ImageCms, ImageOps

_WINDOW = 8


def luma(image: Image.Image) -> np.ndarray:
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("L"), dtype=np.float64)


def _means(values: np.ndarray) -> np.ndarray:
    total = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    w = _WINDOW
    return (total[w:, w:] - total[:-w, w:] - total[w:, :-w] + total[:-w, :-w]) / w**2


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_a, mean_b = _means(a), _means(b)
    var_a, var_b = _means(a * a) - mean_a**2, _means(b * b) - mean_b**2
    both = _means(a * b) - mean_a * mean_b
    top = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return float((top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean())


def in_srgb(image: Image.Image) -> Image.Image:
    """An output that keeps a colour profile is compared by its displayed colours."""
    icc = image.info.get("icc_profile")
    if not icc or image.mode not in ("RGB", "L"):
        return image
    import io

    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    converted = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return converted or image


def main(source: str, prefixes: list[str]) -> None:
    full = ImageOps.exif_transpose(Image.open(source))
    references: dict[tuple[int, int], np.ndarray] = {}
    for prefix in prefixes:
        scores = []
        for number in range(4):
            with Image.open(f"{prefix}.{number}") as opened:
                made = in_srgb(ImageOps.exif_transpose(opened))
            if made.size not in references:
                small = full.resize(made.size, Image.Resampling.LANCZOS)
                small.info = dict(full.info)
                references[made.size] = luma(in_srgb(small))
            scores.append(ssim(luma(made), references[made.size]))
        print(f"{sum(scores) / len(scores):.5f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
