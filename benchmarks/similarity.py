"""SSIM of thumbnails against a full-decode Lanczos reference. Runs in the benchmark's environment.

`python similarity.py SOURCE PREFIX...` prints one number per prefix: the mean over PREFIX.0 to PREFIX.3.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

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


def pairs(folder: Path) -> None:
    """One JSON line for each `N.jpg` with `N.ours.png` and `N.sharp.png`."""
    for source in sorted(folder.glob("*.jpg")):
        full = Image.open(source).convert("RGB")
        made = {engine: Image.open(source.with_suffix(f".{engine}.png")) for engine in ("ours", "sharp")}
        scores = {}
        for engine, image in made.items():  # the two may round a side differently
            ideal = full.resize(image.size, Image.Resampling.LANCZOS)
            scores[engine] = round(ssim(luma(image), luma(ideal)), 5)
        size = made["ours"].size
        print(json.dumps({"pair": source.stem, "from": full.size, "to": size, **scores}), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--pairs":
        pairs(Path(sys.argv[2]))
    else:
        main(sys.argv[1], sys.argv[2:])
