"""No legitimate image is refused: what devices append, omit or write wrongly is reported, and the image is
shown.
"""

from __future__ import annotations

import json
import struct
import zlib

import pytest
from PIL import Image

from imagebus_imaging import Limits, Rejected, describe, thumbnails, validate
from imagebus_imaging.interface import Trailer
from tests.hostile.base import after_soi, archive, box, chunk, honest, longer, png, segment
from tests.integration.imaging.test_trailers import MOTION_XMP, VIDEO, sef
from tests.unit.imaging.pictures import assert_quadrants, encoded, opened, quadrants

pytestmark = pytest.mark.usefixtures("no_child")

JPEG = honest("JPEG")
GAIN_MAP = after_soi(
    honest("JPEG", 64, 48), segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x hdrgm:Version="1.0"/>')
)


def oneplus() -> bytes:
    record = b"watermark" + b"\1" * 40
    listed = (
        json.dumps([{"length": len(record), "name": "watermark.device", "offset": len(record)}]).encode()
        + b"\0"
    )
    return record + listed + b"jxrs" + struct.pack("<I", len(listed) + 8)


VIVO = b'vivo{"com.vivo.camera.mode":"normal"}\0' + b"\xff\xff\xff\xff\x1b*9HWfu\x84\x93\xa2\xb1"
NAMED = {
    "vivo": VIVO,
    "vivo ": b"streamdata" + honest("JPEG", 64, 48) + b'streaminfo{"a":1}' + VIVO,
    "oneplus": oneplus(),
    "jpeg+video+oneplus": honest("JPEG", 64, 48) + VIDEO + oneplus(),
    "video": VIDEO,
    "video+huawei": VIDEO + b"v3_f31           LIVE_1500:2800     ",
    "samsung": sef(b"1702402756576"),
    "samsung ": sef(b"one", VIDEO),
    "video+samsung": VIDEO + sef(b"1"),
    "gain-map+samsung": GAIN_MAP + sef(b"1"),
    "samsung  ": b"\0\0" + b"\x10" * 20 + b"\0\0QDIOBS",
    "photo-mechanic": b"\0\2\0\1" + bytes(16) + struct.pack(">I", 20) + b"cbipcbbl",
    "canon": b"CANON OPTIONAL DATA\0\0\1\0\0" + struct.pack(">I", 100) + bytes(100)
    + b"CANON OPTIONAL DATA\0" + bytes(44),
    "afcp": b"AXS!\0\1\0\0" + bytes(40) + b"AXS!\0\0\0\x30\0\0\0\0",
    "fotostation": b"\0\1" + bytes(40) + b"\0\0\0\x32\xa1\xb2\xc3\xd4",
    "insta360": b"\x0a\x05abcde" * 8 + bytes(32) + b"8db42d694ccc418790edff439fe026bf",
    "nikon": b'{"app":"NX"}' + bytes(6) + b"/NIKON APP",
    "mie": b"~\x10\x04\xfe0MIE~\0\x04\0zmie~\0\0\x06\0\0\0\x18\x10\x04",
    "minolta": b"\2" + honest("JPEG", 64, 48)[1:2] + b"\xff\xdb" + honest("JPEG", 64, 48)[4:],
    "xmp": b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta/>',
    "jpeg": honest("JPEG", 64, 48) * 17,
    "jpeg ": honest("JPEG", 64, 48)[:-40],
    "jpeg  ": honest("JPEG", 64, 48).replace(b"\xff\xc0", b"\xff\xc7", 1),
    "end-marker": b"\xff\xd9",
    "unknown": b"\x12\x34\x56\x78",
    "padding": bytes(2048),
    "padding ": b"\x1a",
}  # fmt: skip


@pytest.mark.parametrize("kind", NAMED)
def test_what_devices_and_programs_append_is_accepted_by_name(kind: str) -> None:
    data = JPEG + NAMED[kind]
    assert validate(data).trailer == Trailer(kind.strip(), len(NAMED[kind]))
    assert opened(thumbnails(data, [(80, 60)])[0]).size == (80, 60)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        ("HTC", "htc"),
        ("BlackBerry", "blackberry"),
        ("Research In Motion", "blackberry"),
        ("Canon", "unknown"),
        ("", "unknown"),
    ],
)
def test_records_that_do_not_name_themselves_are_named_after_the_phone(make: str, kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = make
    data = encoded(quadrants(), "JPEG", exif=exif) + b"\x07records of a phone" * 9
    assert validate(data).trailer == Trailer(kind, 19 * 9)
    assert validate(data + VIVO).trailer == Trailer(f"{kind}+vivo", 19 * 9 + len(VIVO))
    with pytest.raises(Rejected, match="trailing_data"):
        validate(data + archive())


@pytest.mark.parametrize("kind", ["vivo", "oneplus", "samsung", "video", "padding", "unknown"])
@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "GIF", "AVIF", "HEIF"])
def test_whatever_the_format(image_format: str, kind: str) -> None:
    info = validate(honest(image_format) + NAMED[kind])
    assert (info.format, info.trailer) == (image_format, Trailer(kind, len(NAMED[kind])))


def test_samsungs_heic_has_its_records_in_a_box() -> None:
    records = box(b"sefd", sef(b"1702402756576", b"1"))
    assert validate(honest("HEIF") + records).trailer == Trailer("samsung", len(records))
    assert validate(honest("HEIF") + box(b"mpvd", VIDEO) + records).trailer == Trailer(
        "samsung", len(records)
    )


def test_a_gain_map_is_stated_as_hdr() -> None:
    assert validate(JPEG + GAIN_MAP).hdr == "gain-map"
    primary = after_soi(JPEG, segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"))
    assert validate(primary + honest("JPEG", 64, 48)).hdr == "gain-map"
    assert validate(JPEG).hdr is None


def test_records_that_stand_in_for_the_end_of_the_image_end_it() -> None:
    for end, mode in ((2, "baseline"), (0, "progressive")):
        photo = encoded(quadrants(), "JPEG", progressive=mode == "progressive")
        data = photo[: len(photo) - 2] + sef(b"1702402756576", GAIN_MAP)
        info = validate(data)
        assert (info.truncated, info.trailer and info.trailer.kind) == (False, "samsung"), (mode, end)
        assert_quadrants(opened(thumbnails(data, [(80, 80)])[0]))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("part", [0.5, 0.9, 0.99])
def test_a_jpeg_that_was_cut_off_shows_what_is_there(part: float, progressive: bool) -> None:
    photo = encoded(quadrants(640, 480), "JPEG", progressive=progressive)
    scan = photo.index(b"\xff\xda")
    data = photo[: scan + int((len(photo) - scan) * part)]
    info = validate(data)
    assert (info.width, info.truncated, info.trailer) == (640, True, None)
    shown = opened(thumbnails(data, [(160, 160)])[0])
    assert shown.size == (160, 120)
    assert abs(shown.getpixel((40, 20))[0] - 220) < 30
    with pytest.raises(Rejected, match="corrupt"):
        validate(data, Limits(truncated=False))


def test_a_png_that_ends_with_its_pixels_is_whole_for_all_who_look() -> None:
    data = honest("PNG")
    for cut, truncated in ((12, True), (8, True), (4, False)):
        assert validate(data[:-cut]).truncated is truncated
        assert thumbnails(data[:-cut], [(64, 64)])
    with pytest.raises(Rejected, match="corrupt"):
        validate(data[:-12], Limits(truncated=False))
    assert validate(data[:-4] + bytes(4)).truncated is False, "a wrong checksum of an empty chunk"


BROKEN_SEGMENTS = {
    "an empty APP0": segment(0xE0, b""),
    "a short JFIF": segment(0xE0, b"JFIF\0"),
    "a short Adobe": segment(0xEE, b"Adobe"),
    "an empty Photoshop": segment(0xED, b"Photoshop 3.0\0"),
    "a cut 8BIM": segment(0xED, b"Photoshop 3.0\x008BIM"),
    "a cut profile": segment(0xE2, b"ICC_PROFILE\0\1"),
    "a profile without numbers": segment(0xE2, b"ICC_PROFILE\0"),
    "a profile that is none": segment(0xE2, b"ICC_PROFILE\0\1\1" + b"\xfe" * 100),
    "a profile of missing parts": segment(0xE2, b"ICC_PROFILE\0\7\x09" + b"\xfe" * 100),
    "a cut MPF": segment(0xE2, b"MPF\0II"),
    "a broken MPF": segment(0xE2, b"MPF\0II*\0\xff\xff\xff\xff"),
    "an empty EXIF": segment(0xE1, b"Exif\0\0"),
    "a broken EXIF": segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\xff" * 40),
    "an endless EXIF": segment(0xE1, b"Exif\0\0II*\0\xf0\xff\xff\xff"),
    "bytes between segments": b"\0\xe1",
    "more bytes between segments": b"\x11\x22\x33",
    "zero bytes": bytes(9),
    "fill bytes": b"\xff\xff\xff",
}


@pytest.mark.parametrize("name", BROKEN_SEGMENTS)
@pytest.mark.parametrize("first", [True, False])
def test_broken_metadata_of_a_jpeg_changes_nothing(name: str, first: bool) -> None:
    at = 2 if first and BROKEN_SEGMENTS[name].startswith(b"\xff") else 20
    photo = encoded(quadrants(), "JPEG")
    data = photo[:at] + BROKEN_SEGMENTS[name] + photo[at:]
    info = validate(data)
    assert (info.width, info.orientation, info.truncated, info.trailer) == (160, 1, False, None)
    assert_quadrants(opened(thumbnails(data, [(80, 80)])[0]))
    assert describe(data).exif == {}


_EMPTY = ["pHYs", "sRGB", "cHRM", "gAMA", "cICP", "eXIf", "iCCP", "tEXt", "tIME", "bKGD"]
BROKEN_CHUNKS = {
    **{f"a short {kind}": chunk(kind.encode(), b"\0") for kind in _EMPTY[:5]},
    **{f"an empty {kind}": chunk(kind.encode(), b"") for kind in _EMPTY},
    "a short transparent colour": chunk(b"tRNS", b"\0"),
    "a broken profile": chunk(b"iCCP", b"x\0\0"),
    "a profile that is not a stream": chunk(b"iCCP", b"x\0\0" + b"\xff" * 90),
    "broken text": chunk(b"iTXt", b"x"),
    "much text": chunk(b"zTXt", b"Raw profile type xmp\0\0" + zlib.compress(b" " * 1_100_000)),
    "a wrong checksum in text": chunk(b"tEXt", b"a\0b", checksum=1234),
    "a wrong checksum in a resolution": chunk(b"pHYs", bytes(9), checksum=99),
    "a wrong checksum in a profile": chunk(b"iCCP", b"x\0\0" + zlib.compress(b"x" * 200), checksum=99),
    "an animation of no frames": chunk(b"acTL", bytes(8)),
    "an animation control of the wrong length": chunk(b"acTL", bytes(3)),
    "a frame control of the wrong length": chunk(b"fcTL", bytes(3)),
    "a frame outside the canvas": chunk(b"acTL", struct.pack(">II", 2, 0))
    + chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 900, 900, 900, 900, 1, 1, 0, 0)),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_CHUNKS)
def test_broken_metadata_of_a_png_changes_nothing(name: str) -> None:
    data = encoded(quadrants(), "PNG")
    for broken in (
        data[:33] + BROKEN_CHUNKS[name] + data[33:],
        data[:-12] + BROKEN_CHUNKS[name] + data[-12:],
    ):
        info = validate(broken)
        assert (info.width, info.has_alpha, info.orientation) == (160, False, 1)
        image = opened(thumbnails(broken, [(160, 160)])[0])
        assert image.mode == "RGB"
        assert_quadrants(image)
        assert describe(broken).exif == {}


def test_a_wrong_checksum_at_the_end_of_the_compressed_stream_is_no_fault() -> None:
    rows = b"".join(b"\0" + bytes(range(64)) for _ in range(48))
    stream = zlib.compress(rows)
    for data in (stream[:-4] + bytes(4), stream[:-4], stream + bytes(10), zlib.compress(rows + rows)):
        made = png(64, 48, 8, 0, chunk(b"IDAT", data), chunk(b"IEND", b""))
        assert validate(made).width == 64
        assert opened(thumbnails(made, [(64, 64)])[0]).getpixel((40, 9)) == 40


@pytest.mark.parametrize("rest", [bytes(40), bytes(4096), b"\0\0\0\4\1\2\3\4" + bytes(8), b"\xff" * 20])
def test_a_png_without_its_end_ends_where_no_chunk_begins(rest: bytes) -> None:
    data = honest("PNG")[:-12]
    info = validate(data + rest)
    assert info.truncated
    assert info.trailer is not None
    assert info.trailer.bytes == len(rest)
    assert opened(thumbnails(data + rest, [(64, 64)])[0]).size == (64, 48)
    for before in (rest, b"\xff\xff\xff\xfftEXt"):
        with pytest.raises(Rejected, match="trailing_data"):
            validate(data + before + b"Rar!\x1a\x07\x01\0" + bytes(40))
    with pytest.raises(Rejected, match="corrupt"):
        validate(data + rest, Limits(truncated=False))


def test_a_gif_that_is_cut_after_its_first_frame_shows_the_frames_before() -> None:
    frames = [Image.effect_noise((120, 80), 50 + n) for n in range(3)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    first, second, third = (at for at in range(len(data)) if data[at : at + 5] == b"\x2c\0\0\0\0")
    comment = data[:-1] + b"\x21\xfe\x20cut"
    for cut, complete in (
        (data[: second + 5], 1), (data[: second + 10], 1), (data[: second + 300], 1),
        (data[: third + 300], 2), (data[:-2], 2), (comment, 3),
    ):  # fmt: skip
        info = validate(cut)
        assert (info.frames, info.truncated) == (complete, True)
        assert opened(thumbnails(cut, [(60, 60)])[0]).size == (60, 40)
        with pytest.raises(Rejected, match="corrupt"):
            validate(cut, Limits(truncated=False))
        with pytest.raises(Rejected, match="trailing_data"):
            validate(cut + archive())
    for cut in (data[: first + 5], data[: first + 300]):
        with pytest.raises(Rejected, match="corrupt"):
            validate(cut)


def test_a_gif_is_shown_up_to_the_first_block_that_is_none() -> None:
    data = honest("GIF")
    assert validate(data[:-1]).trailer is None
    assert validate(data[:-1] + b"\0\x3b").trailer is None
    assert validate(data[:-1] + b"\x41").trailer == Trailer("unknown", 1)


@pytest.mark.parametrize("off", [-1, 1, 8])
def test_a_webp_whose_header_is_a_little_off_is_shown(off: int) -> None:
    data = honest("WEBP")
    size = len(data) - 8 + off
    wrong = data[:4] + struct.pack("<I", size) + data[8:]
    assert validate(wrong).trailer is None
    assert opened(thumbnails(wrong, [(64, 64)])[0]).size == (64, 48)
    wrong = data[:4] + struct.pack("<I", size + 90) + data[8:]
    with pytest.raises(Rejected, match="corrupt"):
        validate(wrong)


def test_strict_is_as_it_was() -> None:
    strict = Limits(trailing_data="strict")
    for kind in ("vivo", "oneplus", "canon", "unknown", "video", "end-marker"):
        with pytest.raises(Rejected, match="trailing_data"):
            validate(JPEG + NAMED[kind], strict)
    unannounced = honest("HEIF") + VIDEO
    with pytest.raises(Rejected, match="trailing_data"):
        validate(unannounced, strict)
    assert validate(unannounced).trailer == Trailer("video", len(VIDEO))
    denied = after_soi(JPEG, MOTION_XMP.replace(b'Photo="1"', b'Photo="0"')) + VIDEO
    with pytest.raises(Rejected, match="trailing_data"):
        validate(denied, strict)


def test_allow_takes_everything_and_still_names_it() -> None:
    data = JPEG + b"PK\x03\x04 and whatever"
    assert validate(data, Limits(trailing_data="allow")).trailer == Trailer("unknown", 17)


def _second_associations(data: bytes, extra: bytes) -> bytes:
    """With another `ipma` box behind the first."""
    at = data.index(b"ipma") - 4
    end = at + int.from_bytes(data[at : at + 4], "big")
    data = data[:end] + extra + data[end:]
    for name in (b"iprp", b"meta"):
        data = longer(data, data.index(name) - 4, len(extra))
    iloc = data.index(b"iloc") - 4
    return longer(data, iloc + int.from_bytes(data[iloc : iloc + 4], "big") - 8, len(extra))


@pytest.mark.parametrize("image_format", ["AVIF", "HEIF"])
@pytest.mark.parametrize(
    "extra",
    [
        box(b"ipma", bytes(8)),
        box(b"ipma", b"\1" + bytes(7)),
        box(b"ipma", struct.pack(">IIHBB", 0, 1, 77, 1, 1)),
        box(b"ipma", struct.pack(">IIIBB", 1 << 24, 1, 77, 1, 1)),
        None,
    ],
)
def test_a_second_box_of_associations_is_no_fault(image_format: str, extra: bytes | None) -> None:
    photo = encoded(quadrants(), image_format)
    at = photo.index(b"ipma") - 4
    again = photo[at : at + int.from_bytes(photo[at : at + 4], "big")]
    data = _second_associations(photo, extra or again)
    assert validate(data).width == 160
    assert_quadrants(opened(thumbnails(data, [(80, 80)])[0]), 20)


@pytest.mark.parametrize("image_format", ["AVIF", "HEIF"])
@pytest.mark.parametrize("kind", [b"mpvd", b"free", b"uuid", b"mdat"])
def test_a_last_box_that_is_cut_off_follows_the_image(image_format: str, kind: bytes) -> None:
    photo = encoded(quadrants(), image_format)
    data = photo + box(kind, VIDEO)[:-40]
    assert validate(data).trailer == Trailer("unknown", len(data) - len(photo))
    assert_quadrants(opened(thumbnails(data, [(80, 80)])[0]), 20)
    with pytest.raises(Rejected, match="trailing_data"):
        validate(photo + box(kind, b"Rar!\x1a\x07\x01\0" + bytes(90))[:-40])
    for left in (9, 300):
        with pytest.raises(Rejected, match="corrupt"):
            validate(photo[:-left])


@pytest.mark.parametrize("block", [b"", b"\xff", b"no TIFF file, but long enough for one"])
@pytest.mark.parametrize("offset", [b"\0\0\0\0", b"\xff\xff\xff\xff"])
@pytest.mark.parametrize("image_format", ["AVIF", "HEIF"])
def test_broken_exif_of_an_avif_or_heif_changes_nothing(
    image_format: str, offset: bytes, block: bytes
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a maker with a long name"
    photo = encoded(quadrants(), image_format, exif=exif.tobytes())
    at = photo.index(b"a maker with") - 30
    found = max(photo.rfind(b"II*\0", at, at + 30), photo.rfind(b"MM\0*", at, at + 30))
    start = found - (10 if photo[found - 6 : found] == b"Exif\0\0" else 4)
    end = photo.index(b"a long name") + 11
    data = photo[:start] + (offset + block).ljust(end - start, b"\xee") + photo[end:]
    info = validate(data)
    assert (info.width, info.orientation) == (160, 1)
    assert_quadrants(opened(thumbnails(data, [(80, 80)])[0]), 20)
    assert describe(data).exif == {}
