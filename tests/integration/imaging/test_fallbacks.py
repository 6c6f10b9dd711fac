"""Without the accelerators the engine is slower, with the same results."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.imaging.pictures import assert_quadrants, encoded, opened, quadrants

# Hides packages as if their wheels were not installed.
_WITHOUT = """
import sys
for name in {hidden!r}: sys.modules[name] = None
from pathlib import Path
from imagebus_imaging import thumbnails, validate
if {without_libwebp}:
    from imagebus_imaging.decoders import webp
    webp.libwebp = lambda: None
data = Path({source!r}).read_bytes()
print(validate(data).format)
for made in thumbnails(data, [(400, 400), (80, 80)]):
    Path({folder!r}, made.name).write_bytes(made.data)
"""


@pytest.mark.parametrize("hidden", [["cykooz_resizer"], ["isal"], ["cykooz_resizer", "isal", "pillow_heif"]])
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_missing_accelerators_change_nothing_but_the_time(
    image_format: str, hidden: list[str], tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(encoded(quadrants(1200, 720).convert("RGB"), image_format))
    script = _WITHOUT.format(
        hidden=hidden, source=str(source), folder=str(tmp_path), without_libwebp=image_format == "WEBP"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == image_format
    for name in ("400x400", "80x80"):
        assert_quadrants(opened((tmp_path / name).read_bytes()))
