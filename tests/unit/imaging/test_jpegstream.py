"""The decoder and the walk must always agree where a JPEG ends."""

from __future__ import annotations

import random
import struct

import pytest
from PIL import Image

from imagebus_imaging import Limits, Rejected, validate
from imagebus_imaging.decoders import open_image
from imagebus_imaging.formats.jpeg import closed, walk, walk_from
from tests.hostile.base import PAYLOADS, archive, honest, segment
from tests.unit.imaging.pictures import encoded, opened, quadrants

pytestmark = pytest.mark.usefixtures("no_child")

LIMITS = Limits()
STRICT = Limits(trailing_data="strict", truncated=False)


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    size = width * height * len(mode)
    return Image.frombytes(mode, (width, height), random.Random(size).randbytes(size))


PICTURES = {
    "small": encoded(quadrants(), "JPEG"),
    # One row of blocks is larger than what the decoder is given at a time.
    "very wide": encoded(noise(20_000, 16), "JPEG", subsampling=0),
    "very high": encoded(noise(9, 20_000), "JPEG"),
    "many pieces": encoded(noise(900, 700), "JPEG"),
    "with restarts": encoded(noise(640, 480), "JPEG", restart_marker_blocks=3),
    "grey": encoded(noise(300, 200, "L"), "JPEG"),
    "CMYK": encoded(noise(300, 200, "CMYK"), "JPEG"),
}
TRAILERS = {
    "nothing": b"",
    "padding": bytes(100_000),
    "another image": honest("JPEG"),
    "an archive": archive(),
    "a page": PAYLOADS["html"],
    "a second end": b"<html>" * 40_000 + b"\xff\xd9",
}


@pytest.mark.parametrize("trailer", TRAILERS.values(), ids=TRAILERS)
@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_the_decoder_and_the_walk_agree_where_the_image_ends(picture: bytes, trailer: bytes) -> None:
    data = picture + trailer
    begun = walk(data, LIMITS)
    image = open_image(data)
    image.load()
    assert begun.open_ended
    assert begun.end < len(picture)
    assert closed(data, begun, image.read_to, LIMITS).end == walk_from(data, LIMITS).end == len(picture)
    assert max(begun.end, image.read_to) < len(picture), "or it would be searched for behind itself"


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_the_pixels_are_those_of_pillows_own_loop(picture: bytes) -> None:
    image = open_image(picture)
    assert image.tobytes() == opened(picture).tobytes()


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_what_hides_behind_the_end_is_found(picture: bytes) -> None:
    for payload in (*PAYLOADS.values(), PAYLOADS["html"] + b"\xff\xd9"):
        with pytest.raises(Rejected) as caught:
            validate(picture + payload, STRICT)
        assert caught.value.code == "trailing_data"


@pytest.mark.parametrize("left", [2, 3, 1000])
@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_an_image_that_is_cut_off_is_accepted_as_truncated_or_corrupt(picture: bytes, left: int) -> None:
    begun = walk(picture, LIMITS).end
    cut = picture[:-left] if left < 1000 else picture[: (begun + len(picture)) // 2]
    assert validate(cut).truncated
    with pytest.raises(Rejected) as caught:
        validate(cut, STRICT)
    assert caught.value.code == "corrupt"


def test_only_the_one_scan_of_a_baseline_image_is_left_to_the_decoder() -> None:
    progressive = encoded(quadrants(), "JPEG", progressive=True)
    assert not walk(progressive, LIMITS).open_ended
    frame = segment(0xC0, b"\x08\0\x10\0\x10\x03" + b"\x01\x11\0\x02\x11\0\x03\x11\0")
    one_of_three = segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x11"
    several = b"\xff\xd8" + frame + one_of_three * 3 + b"\xff\xd9"
    assert not walk(several, LIMITS).open_ended
    for broken in (b"\xff\xd8\xff\xda\0\x02", b"\xff\xd8" + frame + b"\xff\xda\0\x02"):
        with pytest.raises(Rejected):
            walk(broken, LIMITS)


@pytest.mark.parametrize("process", [0xC0, 0xC1, 0xC2, 0xC9])
def test_the_memory_of_several_scans_is_known_before_they_are_decoded(process: int) -> None:
    components = b"\x01\x11\0\x02\x11\0\x03\x11\0"
    frame = segment(process, b"\x08" + struct.pack(">HHB", 10_000, 10_000, 3) + components)
    scans = b"".join(segment(0xDA, bytes((1, n, 0, 0, 63, 0))) + b"\x11" * 99_999 for n in (1, 2, 3))
    data = b"\xff\xd8" + frame + scans + b"\xff\xd9"
    assert walk(data, LIMITS).decoder_bytes == 2 * 3 * 10_000 * 10_000
    with pytest.raises(Rejected, match="too_costly"):
        validate(data)
    together = b"\xff\xd8" + frame + segment(0xDA, b"\x03\1\0\2\0\3\0\0\x3f\0") + b"\x11\xff\xd9"
    assert bool(walk(together, LIMITS).decoder_bytes) is (process == 0xC2)
