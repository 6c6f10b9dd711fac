"""What another program would open is refused, wherever it is in the file; what only resembles it is not."""

from __future__ import annotations

import random
import struct
import time

import pytest

from imagebus_imaging import Limits, Rejected, thumbnails, validate
from imagebus_imaging.formats import walk
from imagebus_imaging.openable import found_in
from tests.hostile.base import (
    PAYLOADS,
    after_soi,
    archive,
    box,
    chunk,
    encoded,
    honest,
    picture,
    riff,
    riff_chunk,
    segment,
    zip64,
)
from tests.integration.imaging.test_trailers import MOTION_XMP, VIDEO, sef

pytestmark = pytest.mark.usefixtures("no_child")

RAR, RAR5 = b"Rar!\x1a\x07\x00" + bytes(40), b"Rar!\x1a\x07\x01\x00" + bytes(40)
SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(40)
PROGRAM = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(60)
MACH_O = b"\xcf\xfa\xed\xfe\x07\0\0\x01" + bytes(40)
ZIP = archive()
END = ZIP.rindex(b"PK\x05\x06")

ARCHIVES = {
    "zip": ZIP,
    "zip64": zip64(),
    "zip whose end record counts wrong": ZIP[: END + 12] + b"\xff" * 8 + ZIP[END + 20 :],
    "zip with a gap before its end record": ZIP[:END] + bytes(500) + ZIP[END:],
    "zip whose end record has a comment cut off": ZIP[:-2] + b"\x40\0abc",
    "zip without an end record": ZIP[:END],
    "zip behind other bytes": random.Random(1).randbytes(3000) + ZIP,
    "zip behind which something is": ZIP + bytes(1000),
    "rar": RAR,
    "rar 5": RAR5,
    "7z": SEVEN_ZIP,
    "7z behind other bytes": random.Random(1).randbytes(3000) + SEVEN_ZIP,
}
PROGRAMS = {
    "pe": PROGRAM,
    "elf": PAYLOADS["elf"],
    "mach-o": MACH_O,
    "java": b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(9),
}
PAGES = {
    "page": PAYLOADS["html"],
    "page behind a byte order mark": b"\xef\xbb\xbf" + PAYLOADS["html"],
    "page in capitals": b"  <!DOCTYPE HTML><p>",
    "xml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
    "vector": b"<svg onload=alert(1)>",
    "php": PAYLOADS["php"],
    "shell": PAYLOADS["script"],
    "php in mixed case": b"<?Php system($_GET['c']);",
    "php, short": b"<?=`$_GET[0]`;",
    "php behind other bytes": b"?" + b"x" * 3000 + b"<?pHP phpinfo();",
    "php, short, behind other bytes": b"?" + b"x" * 3000 + b"<?=`$_GET[0]`;",
    "php, short, behind a comment": b"?" + b"x" * 3000 + b"<?=/*\xff\xff*/`id`;",
    "script in mixed case": b"?" + b"x" * 3000 + b"<ScRipt>alert(1)</script>",
    "pdf": PAYLOADS["pdf"],
    **{f"pdf that begins {head!r}": head + b"1 0 obj" for head in (b"%PDF\n", b"%PDF-\n", b"%PDF -1.4\n")},
    "pdf without its first line": b"?" + b"x" * 3000 + b"trailer <</Root 1 0 R>> startxref 9 %%EOF",
}
OPENED = {**ARCHIVES, **PROGRAMS, **PAGES}


def refusal(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(Rejected) as caught:
        validate(data, limits or Limits())
    assert caught.value.code == "trailing_data"
    assert validate(data, Limits(trailing_data="allow")).format
    return caught.value.detail


@pytest.mark.parametrize("name", OPENED)
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"])
def test_what_something_opens_may_not_follow_an_image(image_format: str, name: str) -> None:
    assert "as well" in refusal(honest(image_format) + OPENED[name])
    assert "as well" in refusal(honest(image_format) + bytes(64) + OPENED[name])


@pytest.mark.parametrize("name", OPENED)
def test_nor_hide_in_what_cameras_write(name: str) -> None:
    photo = after_soi(honest("JPEG"), MOTION_XMP)
    video = box(b"ftyp", b"mp42\0\0\0\0isommp42") + box(b"mdat", OPENED[name])
    assert refusal(photo + video)
    assert refusal(honest("JPEG") + sef(OPENED[name]))
    assert refusal(honest("HEIF") + box(b"sefd", sef(OPENED[name])))
    assert refusal(honest("JPEG") + honest("JPEG", 64, 48) + OPENED[name])
    assert refusal(honest("JPEG") + VIDEO + OPENED[name])


@pytest.mark.parametrize("name", ARCHIVES)
def test_nor_stand_in_metadata(name: str) -> None:
    payload = ARCHIVES[name]
    png = honest("PNG")
    assert refusal(after_soi(honest("JPEG"), segment(0xFE, payload)))
    assert refusal(after_soi(honest("JPEG"), segment(0xE1, b"Exif\0\0" + payload)))
    assert refusal(png[:33] + chunk(b"prVt", payload) + png[33:])
    assert refusal(honest("AVIF") + box(b"free", payload))


HIDDEN = {
    name: OPENED[name]
    for name in ("zip without an end record", "zip", "rar", "7z", "7z behind other bytes", "pe", "elf")
}


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize(
    "kind", ["bKGD", "gAMA", "cHRM", "sRGB", "tRNS", "cICP", "acTL", "fcTL", "fdAT", "PLTE"]
)
def test_nor_in_a_chunk_of_a_png_that_is_not_what_its_name_says(kind: str, name: str) -> None:
    png = honest("PNG")
    for data in (
        png[:33] + chunk(kind.encode(), HIDDEN[name]) + png[33:],
        png[:-12] + chunk(kind.encode(), HIDDEN[name]) + png[-12:],
    ):
        assert refusal(data)


@pytest.mark.parametrize("name", HIDDEN)
def test_nor_in_a_chunk_of_a_webp_that_is_not_its_picture(name: str) -> None:
    still, payload = honest("WEBP")[12:], HIDDEN[name]
    described = riff_chunk(b"VP8X", b"\0\0\0\0" + struct.pack("<I", 319)[:3] + struct.pack("<I", 239)[:3])
    after = [(still, riff_chunk(kind, payload)) for kind in (b"ANIM", b"ALPH", b"ANMF", b"VP8 ", b"VP8L")]
    for chunks in (*after, (riff_chunk(b"ALPH", payload), still)):
        data = riff(described, *chunks)
        assert found_in(data, len(data), [], walk(data, "WEBP", Limits()).metadata)
    assert validate(riff(described, still)).trailer is None


@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "GIF"])
def test_the_frames_of_an_animation_are_pixels(image_format: str) -> None:
    frames = [picture(160, 120), picture(160, 120).rotate(180)]
    data = encoded(frames[0], image_format, save_all=True, append_images=frames[1:])
    assert validate(data).frames == 2
    searched = walk(data, image_format, Limits()).metadata
    assert sum(end - start for start, end in searched) < 200


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize("marker", [0xDC, 0xDE, 0xDF, 0xF0, 0xFD, 0xC8])
def test_nor_in_a_segment_of_a_jpeg_that_no_decoder_reads(marker: int, name: str) -> None:
    jpeg = honest("JPEG")
    at = jpeg.index(b"\xff\xc0")
    data = jpeg[:at] + segment(marker, HIDDEN[name]) + jpeg[at:]
    assert found_in(data, len(data), [], walk(data, "JPEG", Limits()).metadata)


@pytest.mark.parametrize("name", [name for name in HIDDEN if "behind" not in name])
def test_nor_between_the_scans_of_a_jpeg(name: str) -> None:
    jpeg = encoded(picture(), "JPEG", progressive=True)
    between = jpeg.index(b"\xff\xc4", jpeg.index(b"\xff\xda"))
    table = jpeg[between : between + 2 + int.from_bytes(jpeg[between + 2 : between + 4], "big")]
    # A table is repeated, because what stands directly behind a scan belongs to it.
    data = jpeg[:between] + table + HIDDEN[name] + jpeg[between:]
    assert refusal(data)
    assert validate(jpeg).trailer is None


def test_a_program_in_metadata_is_refused_and_a_page_is_not() -> None:
    assert refusal(after_soi(honest("JPEG"), segment(0xFE, PROGRAM)))
    assert refusal(after_soi(honest("JPEG"), segment(0xFE, PAYLOADS["elf"])))
    assert refusal(after_soi(honest("JPEG"), segment(0xFE, PAYLOADS["pdf"]))), "readers look near the start"
    assert validate(after_soi(honest("JPEG"), segment(0xFE, PAYLOADS["html"]))).trailer is None


@pytest.mark.parametrize("head", [b"%PDF", b"%PDF\n", b"%PDF-\n", b"%PDF -1.4\n", b"%PDF\0"])
def test_the_name_of_a_pdf_near_the_start_is_enough(head: bytes) -> None:
    jpeg, png = honest("JPEG"), honest("PNG")
    assert refusal(after_soi(jpeg, segment(0xFE, head)))
    assert refusal(png[:33] + chunk(b"tEXt", b"Comment\0" + head) + png[33:])
    assert refusal(after_soi(jpeg, segment(0xFE, b"x" * 1018 + head)))
    assert validate(after_soi(jpeg, segment(0xFE, b"x" * 1100 + head))).trailer is None


def test_pixels_may_contain_what_begins_a_pdf() -> None:
    pixels = bytes(2000) + b"%PDF-1.4 startxref" + bytes(1000)
    assert found_in(pixels, len(pixels), [], []) is None


@pytest.mark.parametrize("name", OPENED)
def test_nor_hide_in_the_last_chunk_of_a_png(name: str) -> None:
    begun = honest("PNG")[:-12]
    for data in (
        begun + chunk(b"IEND", OPENED[name]),
        begun + b"\x7f\xff\xff\xffIEND" + OPENED[name],
        begun + b"\0\0\0\0IEND" + OPENED[name],
    ):
        assert refusal(data)


@pytest.mark.parametrize("payload", [b"hidden", bytes(range(200)), b"\x89PNG" * 50])
def test_the_last_chunk_of_a_png_is_empty_or_something_follows(payload: bytes) -> None:
    data = honest("PNG")[:-12] + chunk(b"IEND", payload)
    assert refusal(data, Limits(trailing_data="strict"))
    found = validate(data).trailer
    assert found is not None
    assert found.bytes == len(payload) + 4
    assert validate(honest("PNG")[:-2], Limits(trailing_data="strict")).trailer is None


def as_tar(image: bytes, magic: bytes = b"ustar\x0000", *, signed: bool = False) -> bytes:
    """The image whose first 512 bytes are a TAR's first header, too."""
    head = bytearray(image[:6] + bytes(506))
    head[124:136] = b"00000000000\0"
    head[257 : 257 + len(magic)] = magic
    head[148:156] = b" " * 8
    total = sum(byte - 256 if signed and byte > 127 else byte for byte in head)
    head[148:156] = b"%06o\0 " % total
    return bytes(head)


@pytest.mark.parametrize("magic", [b"ustar\x0000", b"ustar  \0", b""])
@pytest.mark.parametrize("signed", [False, True])
def test_an_image_may_not_be_a_tar(magic: bytes, signed: bool) -> None:
    jpeg = honest("JPEG")
    head = as_tar(b"\xff\xd8\xff\xfe\x04\0", magic, signed=signed)
    comment = head + bytes(4 + 1024 - len(head))
    assert "TAR" in refusal(comment + jpeg[2:])
    wrong = bytearray(comment)
    wrong[20] ^= 1
    assert validate(bytes(wrong) + jpeg[2:]).trailer is None


def test_an_image_may_not_be_a_disk() -> None:
    for name in (b"CD001", b"BEA01"):
        assert len(honest("JPEG")) < 16 * 2048
        assert refusal(honest("JPEG").ljust(16 * 2048, b"\0") + b"\1" + name + bytes(2041))
    assert refusal(honest("JPEG") + bytes(600) + (b"koly\0\0\0\x04\0\0\2\0").ljust(512, b"\0"))
    assert refusal(honest("JPEG") + bytes(600) + b"conectix".ljust(512, b"\1"))
    assert validate(honest("JPEG") + b"?koly and conectix and CD001").trailer


def test_a_flood_of_candidates_is_no_hiding_place() -> None:
    assert refusal(honest("JPEG") + b"?" + b"MZ" * 100_000)
    assert refusal(honest("JPEG") + b"?" + b"PK\x03\x04" * 100_000)
    flood = b"MZ" * 15_000 + bytes(64)
    assert found_in(flood, len(flood), [], [(0, len(flood))]) is None
    several = [(at, at + len(flood)) for at in (0, len(flood))]
    assert found_in(flood * 2, 2 * len(flood), [], several), "the limit is for all of them together"


def test_countless_beginnings_in_one_run_of_padding_cost_no_time() -> None:
    data = bytes(200_000)
    began = time.process_time()
    assert found_in(data, 0, range(0, 20_000, 100), []) is None
    assert time.process_time() - began < 0.2
    assert found_in(bytes(900) + PAYLOADS["html"], 0, [0], [])


def test_random_bytes_and_look_alikes_are_only_stated() -> None:
    seeded = random.Random(11)
    for payload in (
        seeded.randbytes(300_000),
        b"?MZ and PK and %PDF and Rar! and 7z",
        b"?" + b"<?=\x80 <?=short\xff <?=" + bytes(20),
        b"?PK\x05\x06" + bytes(18),
        b"?" + b"x" * 999 + b"<html",
    ):
        data = honest("JPEG") + payload
        info = validate(data)
        assert info.trailer is not None
        assert (info.trailer.kind, info.trailer.bytes) == ("unknown", len(payload))
        assert thumbnails(data, [(64, 64)])


def test_pixels_are_not_searched_behind_metadata_that_is_too_short_for_a_program() -> None:
    pixels = bytes(1000) + ZIP[:END] + bytes(1000)
    assert found_in(pixels, len(pixels), [], [(6, 20)]) is None
    assert found_in(pixels, len(pixels), [], [(6, 1900)]) == "a ZIP archive"
