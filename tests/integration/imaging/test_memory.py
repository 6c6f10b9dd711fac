"""Large images are decoded in bands, in a fraction of the memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image

from imagebus_imaging import validate
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


def test_a_hundred_megapixels_stay_within_300_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    image = Image.effect_noise((1000, 1000), 3).convert("RGB").resize((10_000, 10_000), 0)
    path.write_bytes(encoded(image, "PNG", compress_level=1))
    del image
    assert validate(path.read_bytes()).width == 10_000
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, str(path)], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 300
