"""Large images are decoded in bands, in a fraction of the memory; a warm process keeps its memory."""

from __future__ import annotations

import resource
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from imagebus.recipes.model import Watermark
from imagebus_imaging import validate, watermark
from tests.hostile.base import chunk, png
from tests.unit.imaging.pictures import encoded

_PEAK = """
import sys
from pathlib import Path
from imagebus.recipes.model import Watermark
from imagebus_imaging import thumbnails, watermark
data = Path(sys.argv[1]).read_bytes()
thumbnails(data, [(1280, 1280), (640, 480), (320, 320), (100, 100)])
watermark(data, Watermark(text="imagebus"))
status = Path("/proc/self/status").read_text()
print(next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024)
"""


def _rgb_png() -> bytes:
    image = Image.effect_noise((1000, 1000), 3).convert("RGB").resize((10_000, 10_000), 0)
    return encoded(image, "PNG", compress_level=1)


def _placed_gif() -> bytes:
    """Its frame leaves a row of the canvas uncovered."""
    data = encoded(Image.new("P", (10_000, 9_999), 1), "GIF", optimize=False)
    return data[:8] + (10_000).to_bytes(2, "little") + data[10:]


def _placed_apng() -> bytes:
    """The hidden image is in grey, too, and of one colour."""
    rows = zlib.compress(bytes(10_001 * 9_999), 1)
    control = struct.pack(">IIIIIHHBB", 0, 10_000, 9_999, 0, 0, 1, 10, 0, 0)
    parts = chunk(b"acTL", struct.pack(">II", 1, 0)), chunk(b"IDAT", rows), chunk(b"fcTL", control)
    return png(10_000, 10_000, 8, 0, *parts, chunk(b"fdAT", bytes(4) + rows), chunk(b"IEND", b""))


@pytest.mark.parametrize("make", [_rgb_png, _placed_gif, _placed_apng])
def test_a_hundred_megapixels_stay_within_300_megabytes(make: Callable[[], bytes], tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(make())
    assert validate(path.read_bytes()).width == 10_000
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, str(path)], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 300


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems count faults differently")
def test_the_next_image_gets_the_memory_of_the_one_before() -> None:
    data = encoded(Image.new("RGB", (4000, 3000)), "JPEG")

    def faults() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        watermark(data, Watermark(text="imagebus"))
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    assert min(faults() for _ in range(3)) < 1000
