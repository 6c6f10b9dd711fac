"""`python -m benchmarks.variants`: sizes and pixels of every fit for 100 random pairs of sizes, compared with
libvips'.

Each source is a part of a photograph, as a PNG. Fails if a size differs, or if the pixels of one pair differ
by more than 4 of 255. Crops by entropy are compared by the entropy they show.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageStat

from benchmarks.environment import BENCH, PYTHON, install
from benchmarks.inputs import photo
from benchmarks.photographs import photographs
from imagebus.recipes.missing import outputs
from imagebus.recipes.model import Recipe, Variant
from imagebus_imaging import derive

_DIFFERENT = 4.0
_BACKGROUND = "#204060"
_FITS: dict[str, dict[str, Any]] = {
    "inside": {"fit": "inside"},
    "cover": {"fit": "cover"},
    "contain": {"fit": "contain", "background": _BACKGROUND},
    "exact": {"fit": "exact"},
    "entropy": {"fit": "cover", "focus": "entropy"},
}
_VIPS = """
import json, sys
import pyvips
for job in json.load(open(sys.argv[1])):
    w, h, fit, options = job["width"], job["height"], job["fit"], {"size": "down"}
    if fit == "exact":
        options = {"size": "force"}
    elif fit in ("cover", "entropy"):
        options["crop"] = "centre" if fit == "cover" else fit
    image = pyvips.Image.new_from_file(job["source"]).thumbnail_image(w, height=h, **options)
    if fit == "contain":
        image = image.gravity("centre", w, h, extend="background", background=job["background"])
    image.write_to_file(job["out"])
"""


def _source(seeded: random.Random, kept: list[Image.Image]) -> Image.Image:
    size = seeded.randint(40, 2000), seeded.randint(40, 1500)
    image = seeded.choice(kept)
    left, top = (seeded.randint(0, max(0, a - b)) for a, b in zip(image.size, size, strict=True))
    return image.crop((left, top, min(image.width, left + size[0]), min(image.height, top + size[1])))


def _jobs(folder: Path, number: int, image: Image.Image, box: tuple[int, int]) -> Iterator[dict[str, Any]]:
    """What libvips has to do for what we have done."""
    width, height = box
    is_covered = image.width >= width and image.height >= height
    variants = {
        name: Variant(width=width, height=height, formats=("png",), **settings)
        for name, settings in _FITS.items()
        # What a source is too small for differs by design: libvips crops to another shape, and enlarges
        # with another filter.
        if is_covered or settings["fit"] in ("inside", "contain")
    }
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=1)
    (folder / f"{number}.png").write_bytes(data.getvalue())
    for made in derive(data.getvalue(), outputs(Recipe(variants=variants), "PNG", 1, "1")):
        (folder / f"{number}.{made.name}.ours.png").write_bytes(made.data)
        yield {
            "source": f"{folder}/{number}.png",
            "ours": f"{folder}/{number}.{made.name}.ours.png",
            "out": f"{folder}/{number}.{made.name}.vips.png",
            "fit": made.name,
            "width": width,
            "height": height,
            "background": list(bytes.fromhex(_BACKGROUND[1:])),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100)
    asked = parser.parse_args()
    missing = install()
    if "pyvips" in missing:
        sys.exit(missing["pyvips"])
    paths = sorted(photographs(BENCH / "photographs").values())[:4]
    kept = [Image.open(path).convert("RGB") for path in paths] or [photo(4000, 3000)]
    seeded = random.Random(20261126)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = [
            job
            for number in range(asked.pairs)
            for job in _jobs(
                folder,
                number,
                _source(seeded, kept),
                (seeded.randint(16, 1000), seeded.randint(16, 1000)),
            )
        ]
        (folder / "jobs.json").write_text(json.dumps(jobs))
        subprocess.run([PYTHON, "-c", _VIPS, folder / "jobs.json"], check=True)
        return _compared(jobs)


def _compared(jobs: list[dict[str, Any]]) -> int:
    failed = 0
    for fit in _FITS:
        differences, entropies, sizes = [], [], 0
        chosen = [job for job in jobs if job["fit"] == fit]
        for job in chosen:
            ours, theirs = (Image.open(job[name]).convert("RGB") for name in ("ours", "out"))
            if ours.size != theirs.size:
                sizes += 1
                print(f"{fit}: {ours.size} instead of {theirs.size}: {job}")
                continue
            entropies.append((ours.convert("L").entropy(), theirs.convert("L").entropy()))
            mean = sum(ImageStat.Stat(ImageChops.difference(ours, theirs)).mean) / 3
            differences.append(mean)
        text = f"{fit}: {len(chosen)} pairs, {sizes} sizes differ, "
        if fit == "entropy":
            ours_mean, theirs_mean = (sum(each) / len(entropies) for each in zip(*entropies, strict=True))
            print(f"{text}entropy of the crop {ours_mean:.3f}, libvips {theirs_mean:.3f}")
            failed += sizes + (ours_mean < theirs_mean)
        else:
            print(
                f"{text}pixels by {sum(differences) / len(differences):.2f}, at most {max(differences):.2f}"
            )
            failed += sizes + (max(differences) > _DIFFERENT)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
