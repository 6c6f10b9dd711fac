"""`python -m benchmarks.sharpness`: thumbnails of 200 random pairs of sizes, compared with sharp's.

Each source is a part of a photograph or a zone plate, as a JPEG. The score is the SSIM to one Lanczos filter
on all pixels. Prints every pair in which ours is more than 0.002 below sharp's, and fails if there is one.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageMath

from benchmarks.environment import BENCH, PYTHON, install
from benchmarks.inputs import photo
from benchmarks.photographs import photographs
from imagebus_imaging import thumbnails

_LOST = 0.002
_SHARP = """
const sharp = require("sharp");
(async () => {
  for (const { source, out, box } of JSON.parse(require("fs").readFileSync(process.argv[1])))
    await sharp(source).resize(box, box, { fit: "inside", withoutEnlargement: true }).png().toFile(out);
})();
"""


def zone_plate(width: int, height: int) -> Image.Image:
    """Rings that become as narrow as two pixels at the edges: whatever aliases shows."""
    ramp = Image.linear_gradient("L").convert("F").point(lambda v: v * (1 / 255) + 0)
    down = ramp.resize((width, height), Image.Resampling.BILINEAR)
    across = ramp.rotate(90).resize((width, height), Image.Resampling.BILINEAR)
    turns = ImageMath.lambda_eval(
        lambda a: (
            a["convert"]((a["x"] * a["x"] * (width / 4) + a["y"] * a["y"] * (height / 4)) * 256, "I") % 256
        ),
        x=across,
        y=down,
    )
    rings = [round(127.5 + 127.5 * math.cos(math.tau * v / 256)) for v in range(256)]
    return turns.convert("L").point(rings).convert("RGB")


def source(number: int, kept: list[Image.Image]) -> tuple[bytes, int]:
    """A JPEG of a random size, and the box for its thumbnail."""
    seeded = random.Random(number)
    width, height = seeded.randint(150, 5000), seeded.randint(150, 4000)
    box = seeded.randint(60, min(1600, max(width, height)))
    if number % 8 == 7:
        image = zone_plate(width, height)
    else:
        image = seeded.choice(kept)
        image = image.resize(
            (width, height), Image.Resampling.LANCZOS, _part(seeded, image.size, width / height)
        )
    out = io.BytesIO()
    image.save(out, "JPEG", quality=seeded.choice((80, 88, 92, 95)))
    return out.getvalue(), box


def _part(seeded: random.Random, size: tuple[int, int], shape: float) -> tuple[float, float, float, float]:
    """A part of that shape, of at least half of what fits."""
    width, height = min(size[0], size[1] * shape), min(size[1], size[0] / shape)
    share = seeded.uniform(0.5, 1)
    width, height = width * share, height * share
    left, top = seeded.uniform(0, size[0] - width), seeded.uniform(0, size[1] - height)
    return left, top, left + width, top + height


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    missing = install()
    if missing:
        sys.exit(", ".join(missing.values()))
    paths = sorted(photographs(BENCH / "photographs").values())[:4]
    kept = [Image.open(path).convert("RGB") for path in paths] or [photo(4000, 3000)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = []
        for number in range(asked.first, asked.first + asked.pairs):
            data, box = source(number, kept)
            (folder / f"{number}.jpg").write_bytes(data)
            (made,) = thumbnails(data, [(box, box)], formats=["png"])
            (folder / f"{number}.ours.png").write_bytes(made.data)
            jobs.append(
                {"source": f"{folder}/{number}.jpg", "out": f"{folder}/{number}.sharp.png", "box": box}
            )
        (folder / "jobs.json").write_text(json.dumps(jobs))
        subprocess.run(["node", "-e", _SHARP, folder / "jobs.json"], cwd=BENCH, check=True)
        scoring = [PYTHON, Path(__file__).with_name("similarity.py"), "--pairs", folder]
        scored = subprocess.run(scoring, check=True, stdout=subprocess.PIPE, text=True)
        scores = [json.loads(line) for line in scored.stdout.splitlines()]
    worse = [each for each in scores if each["ours"] < each["sharp"] - _LOST]
    for each in sorted(worse, key=lambda each: each["ours"] - each["sharp"]):
        print(json.dumps(each))
    for engine in ("ours", "sharp"):
        found = sorted(each[engine] for each in scores)
        print(f"{engine}: mean {sum(found) / len(found):.4f}, least {found[0]:.4f}")
    print(f"{len(worse)} of {len(scores)} pairs below sharp's - {_LOST}")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
