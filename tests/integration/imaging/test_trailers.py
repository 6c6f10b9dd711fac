"""What cameras and phones write after an image is accepted; what only resembles it is not."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest

from imagebus_imaging import ImageInfo, Limits, Rejected, thumbnails, validate
from imagebus_imaging.formats.base import Structure
from imagebus_imaging.trailers import parts_of, tail_of
from tests.hostile.base import PAYLOADS, after_soi, archive, box, honest, segment
from tests.unit.imaging.pictures import BLUE, encoded, opened, quadrants

pytestmark = pytest.mark.usefixtures("no_child")

MOTION_XMP = segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta GCamera:MotionPhoto="1"/>')
VIDEO = box(b"ftyp", b"mp42\0\0\0\0isommp42") + box(b"moov", bytes(64)) + box(b"mdat", b"SECRETVIDEO" * 9)


def sef(*payloads: bytes, slack: bytes = b"") -> bytes:
    """Samsung's trailer: records, a directory that points back at them, and its length."""
    records, directory = b"", b"SEFH" + struct.pack("<II", 107, len(payloads))
    blocks = [struct.pack("<HHI", 0, 0x0A01 + n, 4) + b"name" + data for n, data in enumerate(payloads)]
    total = sum(map(len, blocks)) + len(slack)
    for n, block in enumerate(blocks):
        directory += struct.pack("<HHII", 0, 0x0A01 + n, total - len(records), len(block))
        records += block
    return records + slack + directory + struct.pack("<I", len(directory)) + b"SEFT"


STRICT = Limits(trailing_data="strict")


def refused(data: bytes, limits: Limits = STRICT) -> str:
    with pytest.raises(Rejected) as caught:
        validate(data, limits)
    return caught.value.code


def accepted(data: bytes) -> ImageInfo:
    """The default accepts everything that the strictest policy accepts."""
    assert validate(data, STRICT) == validate(data)
    return validate(data)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("padding", [b"\0", bytes(512), bytes(200_000), b"\xff" * 40, b"\r\n", b"\n"])
def test_padding_passes(image_format: str, padding: bytes) -> None:
    assert accepted(honest(image_format) + padding).format == image_format


@pytest.mark.parametrize("between", [b"", bytes(32), b"\xff", bytes(65_536)])
def test_a_second_jpeg_passes_as_in_mpo_and_gain_maps(between: bytes) -> None:
    assert accepted(honest("JPEG") + between + honest("JPEG", 64, 48) + between).width == 320


def test_a_second_jpeg_with_something_behind_it_does_not_pass() -> None:
    assert refused(honest("JPEG") + honest("JPEG", 64, 48) + archive()) == "trailing_data"
    assert refused(honest("JPEG") + honest("JPEG", 64, 48)[:-2]) == "trailing_data"
    assert refused(honest("JPEG") * 40) == "trailing_data"


def test_the_video_of_a_motion_photo_passes_when_the_photo_says_so() -> None:
    photo = after_soi(encoded(quadrants(), "JPEG"), MOTION_XMP)
    data = photo + VIDEO
    assert accepted(data).format == "JPEG"
    assert b"SECRETVIDEO" not in thumbnails(data, [(100, 100)])[0].data
    assert refused(honest("JPEG") + VIDEO) == "trailing_data", "a video that nobody announced"
    assert refused(data + archive()) == "trailing_data"
    assert refused(data + box(b"evil", b"")) == "trailing_data"


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_samsungs_records_pass(image_format: str) -> None:
    data = encoded(quadrants(), image_format) + sef(b"1700000000000", VIDEO, b"more")
    assert accepted(data).format == image_format


def test_samsungs_records_are_walked_and_not_believed() -> None:
    jpeg = honest("JPEG")
    assert refused(jpeg + PAYLOADS["html"] + sef(b"record")) == "trailing_data", "before the records"
    assert refused(jpeg + sef(b"record", slack=PAYLOADS["pe"])) == "trailing_data", "between the records"
    assert refused(jpeg + sef(b"record") + PAYLOADS["zip"]) == "trailing_data", "after the records"
    assert refused(jpeg + PAYLOADS["random"] + b"\x10\0\0\0SEFT") == "trailing_data", "no directory"
    assert refused(jpeg + sef(archive())) == "trailing_data", "a ZIP reader would find it"


def test_a_damaged_directory_of_records_is_no_excuse() -> None:
    whole = honest("JPEG") + sef(b"one", b"two")
    for at in range(1, 60):
        broken = bytearray(whole)
        broken[-at] ^= 0x55
        with suppress(Rejected):
            validate(bytes(broken))


@pytest.mark.parametrize(
    "records",
    [
        b"[" * 200_000 + b"]",
        b"[" * 60_000 + b"]",
        b'[{"offset":Infinity}]',
        b'[{"offset":-100000}]',
        b'[{"offset":99999999}]',
        b'[{"offset":"9"}]',
        b'[{"offset":' + b"9" * 5000 + b"}]",
        b"[1]",
        b"[[2]",
    ],
)
def test_oneplus_records_that_make_no_sense_are_only_named(records: bytes) -> None:
    after = b"data" * 5 + records + b"\0jxrs" + struct.pack("<I", len(records) + 9)
    found = validate(honest("JPEG") + after).trailer
    assert found is not None
    assert found.kind == "oneplus"
    assert refused(honest("JPEG") + after) == "trailing_data"


def test_oneplus_records_are_found_by_their_list() -> None:
    records = b'[{"offset":20,"length":8},{"offset":12,"length":12}]'
    after = b"data" * 5 + records + b"\0jxrs" + struct.pack("<I", len(records) + 9)
    assert tail_of(after.rjust(500))[1][0].start == 500 - len(after)


def test_samsungs_records_may_not_overlap() -> None:
    size, count = 4096, 64
    body = struct.pack("<HHI", 0, 0x0A01, 0).ljust(size, b"\0")
    entry = struct.pack("<HHII", 0, 0x0A01, size, size)
    for entries in (1, count):
        directory = b"SEFH" + struct.pack("<II", 107, entries) + entry * entries
        records = body + directory + struct.pack("<I", len(directory)) + b"SEFT"
        assert tail_of(b"x" + records)[1][0].sound == (entries == 1)


def test_a_video_of_countless_boxes_is_not_followed_to_its_end() -> None:
    flood = box(b"ftyp", b"mp42") + box(b"free", b"") * 50_000
    (part,) = (
        part for part in parts_of(flood, Structure(1, 1, 0), (len(flood), []), Limits()) if part.inside
    )
    assert len(part.inside) <= 1000


def test_a_gif_whose_writer_forgot_the_trailer_passes() -> None:
    assert accepted(honest("GIF")[:-1]).frames == 1
    assert accepted(honest("GIF")[:-1] + b"\0").frames == 1
    assert refused(honest("GIF")[:-2]) == "corrupt"
    assert refused(honest("GIF")[:-1] + PAYLOADS["html"]) in ("corrupt", "trailing_data")


def test_padding_of_all_ones_does_not_eat_the_next_image() -> None:
    (made,) = thumbnails(honest("JPEG") + b"\xff" * 7 + encoded(quadrants(), "JPEG"), [(50, 50)])
    assert opened(made).getpixel((2, 2)) != BLUE
    assert accepted(honest("JPEG") + b"\xff" * 7 + honest("JPEG")).width == 320
