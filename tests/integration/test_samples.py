"""The sample images match the manifest."""

from __future__ import annotations

import functools
import io
import json
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from samples import make
from samples.catalog import SAMPLES, Sample

BY_KEY = {sample.key: sample for sample in SAMPLES}
PICTURES = [sample for sample in SAMPLES if sample.expected == "completed"]


@functools.cache
def made(key: str) -> bytes:
    return BY_KEY[key].make()


def opened(key: str) -> Image.Image:
    return Image.open(io.BytesIO(made(key)))


def test_every_key_is_there_once():
    assert len(BY_KEY) == len(SAMPLES)


@pytest.mark.parametrize(
    "piece", ["/", "2026/summer trip/", " ", "+", "%2B", "(", ")", "é", "漢字", "🌅"], ids=ascii
)
def test_the_keys_cover_what_goes_wrong_elsewhere(piece: str):
    assert any(piece in sample.key for sample in PICTURES)


@pytest.mark.parametrize("sample", PICTURES, ids=lambda sample: ascii(sample.key))
def test_what_must_complete_decodes_and_looks_like_a_photograph(sample: Sample):
    image = Image.open(io.BytesIO(made(sample.key)))
    image.load()
    spread = ImageStat.Stat(image.convert("L").resize((64, 64))).stddev[0]
    assert spread > 8, "a flat picture proves little"


def test_the_formats_are_the_ones_announced():
    assert opened("mountains.jpg").info.get("progressive") is None
    assert opened("albums/2026/summer trip/sea (progressive).jpg").info["progressive"] == 1
    assert opened("phone/IMG_0001.JPG").getexif()[0x0112] == 6
    assert opened("cut-outs/flower+alpha.png").mode == "RGBA"
    assert opened("web/100%2Bpercent.webp").format == "WEBP"
    assert opened("print/proof CMYK.jpg").mode == "CMYK"
    assert opened("camera/12 megapixels.jpg").size == (4000, 3000)
    assert opened("web/waves.gif").n_frames > 1
    assert opened("web/modern.avif").format == "AVIF"


def test_the_rotated_photo_carries_a_position_that_must_not_travel():
    assert opened("phone/IMG_0001.JPG").getexif().get_ifd(0x8825)


def test_the_broken_ones_are_broken_in_their_way():
    with pytest.raises(OSError, match="Truncated"):
        opened("broken/truncated.jpg").load()
    assert BY_KEY["broken/notes.jpg"].make().startswith(b"Dear diary")
    assert BY_KEY["broken/empty.jpg"].make() == b""


def test_the_manifest_repeats_byte_for_byte(tmp_path: Path):
    small = [s for s in SAMPLES if s.key in ("albums/a/photo.jpg", "web/waves.gif", "broken/empty.jpg")]
    first, second = make.write(tmp_path / "a", small), make.write(tmp_path / "b", small)
    assert first == second
    assert json.loads((tmp_path / "a/manifest.json").read_text(encoding="utf-8")) == first
    assert (tmp_path / "a/images/albums/a/photo.jpg").stat().st_size == first[0]["bytes"]
