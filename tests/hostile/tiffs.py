"""Hostile TIFFs. They are accepted where `Limits.formats` names TIFF, which it does not by default."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from tests.hostile.base import PAYLOADS, Hostile, archive, encoded, picture, zeros_deflated

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1}
Entry = tuple[int, int, Sequence[int] | bytes]
"""A tag, its type, and its values."""


def directory(at: int, *entries: Entry, following: int = 0, counts: dict[int, int] | None = None) -> bytes:
    """A little-endian directory for that offset, with its longer values behind it. `counts` are lies."""
    head, longer = [struct.pack("<H", len(entries))], b""
    end = at + 2 + 12 * len(entries) + 4
    for tag, kind, values in entries:
        packed = values if isinstance(values, bytes) else b"".join(
            value.to_bytes(_SIZES[kind], "little") for value in values
        )  # fmt: skip
        head.append(struct.pack("<HHI", tag, kind, (counts or {}).get(tag, len(packed) // _SIZES[kind])))
        if len(packed) <= 4:
            head.append(packed.ljust(4, b"\0"))
        else:
            head.append(struct.pack("<I", end + len(longer)))
            longer += packed
    return b"".join((*head, struct.pack("<I", following), longer))


def page(
    width: int, height: int, offsets: Sequence[int], lengths: Sequence[int], *more: Entry
) -> list[Entry]:
    """A page in grey. `more` may replace its tags."""
    tags: dict[int, Entry] = {
        entry[0]: entry
        for entry in (
            (256, 4, [width]), (257, 4, [height]), (258, 3, [8]), (259, 3, [1]), (262, 3, [1]),
            (273, 4, offsets), (277, 3, [1]), (278, 4, [-(-height // max(1, len(offsets)))]),
            (279, 4, lengths), *more,
        )
    }  # fmt: skip
    return [tags[tag] for tag in sorted(tags)]


def tiff(body: bytes, first: int) -> bytes:
    """A file whose directories are in `body`, which begins at byte 8."""
    return b"II*\0" + struct.pack("<I", first) + body


PIXELS = bytes(range(64)) * 48


def grey(*more: Entry, following: int = 0, counts: dict[int, int] | None = None) -> bytes:
    """64 x 48 without compression, its directory behind its pixels."""
    at = 8 + len(PIXELS)
    entries = page(64, 48, [8], [len(PIXELS)], *more)
    return tiff(PIXELS + directory(at, *entries, following=following, counts=counts), at)


def pages(count: int, *, loop_to: int | None = None) -> bytes:
    """Pages that share their pixels. The last one continues with page `loop_to`, if any."""
    one = directory(0, *page(64, 48, [8], [len(PIXELS)]))
    at = 8 + len(PIXELS)
    last = 0 if loop_to is None else at + loop_to * len(one)
    made = [
        directory(place, *page(64, 48, [8], [len(PIXELS)]), following=place + len(one))
        for place in range(at, at + (count - 1) * len(one), len(one))
    ]
    final = directory(at + (count - 1) * len(one), *page(64, 48, [8], [len(PIXELS)]), following=last)
    return tiff(PIXELS + b"".join(made) + final, at)


def _shared_strips(rows: int) -> bytes:
    """Every strip is the same bomb: a row of 60,000 pixels in eighty bytes."""
    strip = zlib.compress(bytes(60_000), 9)
    entries = page(
        60_000, rows, [8] * rows, [len(strip)] * rows, (259, 3, [8]), (278, 4, [1])
    )  # fmt: skip
    return tiff(strip + directory(8 + len(strip), *entries), 8 + len(strip))


def _bomb() -> bytes:
    strip = zeros_deflated(1 << 30)
    entries = page(64, 48, [8], [len(strip)], (259, 3, [8]))
    return tiff(strip + directory(8 + len(strip), *entries), 8 + len(strip))


def _many_tags() -> bytes:
    """65,535 entries of one directory."""
    at = 8 + len(PIXELS)
    flood = [(40_000 + number % 10_000, 3, [1]) for number in range(65_526)]
    return tiff(PIXELS + directory(at, *page(64, 48, [8], [len(PIXELS)]), *flood), at)


def _sub_directories() -> bytes:
    """A directory below the first one, which refers to itself and to the first one."""
    at = 8 + len(PIXELS)
    entries = page(64, 48, [8], [len(PIXELS)], (330, 4, [at, at, 2000]))
    return tiff(PIXELS + directory(at, *entries), at)


FILES: tuple[Hostile, ...] = tuple(
    Hostile(f"{name}.tif", about, make, codes)
    for name, about, make, codes in (
        ("loop-to-itself", "a directory followed by itself", lambda: pages(1, loop_to=0), ("corrupt",)),
        ("loop-of-three", "three pages in a circle", lambda: pages(3, loop_to=0), ("corrupt",)),
        ("loop-below", "directories that contain each other", _sub_directories, ("",)),
        ("page-flood", "5,000 pages", lambda: pages(5000), ("too_many_frames",)),
        (
            "huge-strip-count",
            "four billion strips",
            lambda: grey(counts={273: 2**32 - 1}),
            ("corrupt",),
        ),
        (
            "many-strips",
            "a million strips of one byte",
            lambda: grey((273, 4, [8] * 1_000_000), (279, 4, [1] * 1_000_000)),
            ("too_costly",),
        ),
        ("shared-strips", "1,600 strips that are one bomb", lambda: _shared_strips(1_600), ("",)),
        ("strip-bomb", "a strip of a gigabyte for 64 x 48 pixels", _bomb, ("", "corrupt", "too_costly")),
        ("tag-flood", "65,535 tags", _many_tags, ("",)),
        (
            "huge-tag",
            "a tag of four billion values",
            lambda: grey((270, 2, b"text"), counts={270: 2**32 - 1}),
            ("",),
        ),
        (
            "wide-bits",
            "BitsPerSample of a million values",
            lambda: grey((258, 3, [8] * 1_000_000)),
            ("too_costly",),
        ),
        (
            "claims-4gp",
            "65,535 x 65,535",
            lambda: grey((256, 4, [65_535]), (257, 4, [65_535])),
            ("too_many_pixels",),
        ),
        (
            "claims-90mp",
            "9,500 x 9,500 from 3 KB",
            lambda: grey((256, 4, [9500]), (257, 4, [9500])),
            ("corrupt",),
        ),
        ("no-size", "0 x 0", lambda: grey((256, 4, [0])), ("corrupt",)),
        ("strip-outside", "pixels behind the end", lambda: grey((273, 4, [1 << 30])), ("corrupt",)),
        ("directory-outside", "a directory behind the end", lambda: tiff(PIXELS, 1 << 30), ("corrupt",)),
        ("half", "cut in half", lambda: encoded(picture(), "TIFF")[:100_000], ("corrupt",)),
        ("raw", "a camera's raw file", lambda: grey((254, 4, [1])), ("unsupported_format",)),
        ("dng", "a camera's raw file", lambda: grey((0xC612, 1, b"\1\4\0\0")), ("unsupported_format",)),
        ("old-jpeg", "compression that nobody defined", lambda: grey((259, 3, [6])), ("unsupported_format",)),
        ("appended-zip", "an archive behind the pages", lambda: grey() + archive(), ("trailing_data",)),
        ("inner-pe", "a program in a tag", lambda: grey((37_724, 7, PAYLOADS["elf"])), ("trailing_data",)),
        ("inner-page", "a page behind the pages", lambda: grey() + PAYLOADS["html"], ("trailing_data",)),
        ("magic-only", "four bytes", lambda: b"II*\0", ("corrupt",)),
    )
)
