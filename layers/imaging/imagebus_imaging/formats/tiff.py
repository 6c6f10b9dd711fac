"""TIFF: the chain of directories, one for each page. Only the first page is used."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from imagebus_imaging.formats.base import (
    MAX_PARTS,
    Span,
    Structure,
    check_frames,
    corrupt,
    too_many_parts,
)
from imagebus_imaging.interface import Limits, Rejected

WIDTH, HEIGHT, BITS, COMPRESSION, SAMPLES, ROWS = 256, 257, 258, 259, 277, 278
OFFSETS = {273: 279, 324: 325}
"""The tag with the offsets of strips or tiles, and the tag with their lengths."""
EXIF = 0x8769
_SUB_DIRECTORIES = (330, EXIF, 0x8825)
_PREVIEW, _RAW = 254, 0xC612  # a reduced image; the version of a DNG
_LAYOUT = frozenset((322, 323, *OFFSETS, *OFFSETS.values(), WIDTH, HEIGHT, BITS, SAMPLES, ROWS))
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I"}
_MAX_DIRECTORIES = 10_000
_LEAST_GAP = 32  # fewer bytes hold no archive and no program


@dataclass(frozen=True, slots=True)
class Entry:
    """A tag's value: the location of `count` items of that type."""

    type: int
    count: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Directory:
    """The entries by tag, the first of each. `next` is the offset of the next page's directory, or 0."""

    order: str
    start: int
    end: int
    entries: dict[int, Entry]
    next: int

    def numbers(self, data: bytes, tag: int) -> tuple[int, ...]:
        """The tag's unsigned integers, none if it has another type or is missing."""
        entry = self.entries.get(tag)
        if entry is None or entry.type not in _INTEGERS:
            return ()
        return struct.unpack_from(f"{self.order}{entry.count}{_INTEGERS[entry.type]}", data, entry.start)

    def number(self, data: bytes, tag: int, default: int = 0) -> int:
        entry = self.entries.get(tag)
        if entry is None or entry.type not in _INTEGERS or not entry.count:
            return default
        return int(struct.unpack_from(self.order + _INTEGERS[entry.type], data, entry.start)[0])


def detect(data: bytes) -> str | None:
    # Canon's raw files begin as a TIFF does.
    return "TIFF" if data[:4] in (b"II*\0", b"MM\0*") and data[8:10] != b"CR" else None


def first_page(data: bytes) -> Directory:
    """Raises `Rejected` for a file without one."""
    order = "<" if data[:2] == b"II" else ">"
    return directory(data, int(struct.unpack_from(order + "I", data.ljust(8, b"\0"), 4)[0]), order)


def directory(data: bytes, at: int, order: str) -> Directory:
    """The directory at that offset. Entries whose value is not inside the file are left out. Raises
    `Rejected`.
    """
    if at < 8 or at + 2 > len(data):
        raise corrupt("a directory outside the file")
    (count,) = struct.unpack_from(order + "H", data, at)
    end = at + 2 + 12 * count
    if not count or end > len(data):
        raise corrupt("the file ends inside a directory")
    entries: dict[int, Entry] = {}
    for place in range(at + 2, end, 12):
        tag, kind, number, offset = struct.unpack_from(order + "HHII", data, place)
        size = number * _SIZES.get(kind, 0)
        start = place + 8 if size <= 4 else offset
        if size and start + size <= len(data):
            entries.setdefault(tag, Entry(kind, number, start, start + size))
    following = struct.unpack_from(order + "I", data, end)[0] if end + 4 <= len(data) else 0
    return Directory(order, at, min(end + 4, len(data)), entries, following)


def walk(data: bytes, limits: Limits) -> Structure:
    page = first_page(data)
    _check_kind(data, page)
    width, height = page.number(data, WIDTH), page.number(data, HEIGHT)
    if not width or not height:
        raise corrupt("the first page has no size")
    if not any(page.numbers(data, tag) for tag in OFFSETS):
        raise corrupt("no image data")
    pixels, others, frames = _occupied(data, page, limits)
    return Structure(
        width,
        height,
        max(end for _, end in (*pixels, *others)),
        frames,
        metadata=tuple(_gaps(pixels, len(data))),
        decoder_bytes=_decoder_bytes(data, page, width, height),
    )


def _check_kind(data: bytes, page: Directory) -> None:
    for tag in _LAYOUT & page.entries.keys():
        if page.entries[tag].count > MAX_PARTS:
            raise too_many_parts(page.entries[tag].count)
    if _RAW in page.entries or page.number(data, _PREVIEW) & 1:
        raise Rejected("unsupported_format", "a camera's raw file, whose first page is a preview")


def _occupied(data: bytes, page: Directory, limits: Limits) -> tuple[list[Span], list[Span], int]:
    """The locations of all pixels and of everything else that directories refer to, and the pages."""
    pixels: list[Span] = []
    others: list[Span] = []
    frames, parts = 1, 0
    pages, below, seen = page.next, [page], {page.start}
    while below or pages:
        if below:
            current = below.pop()
        else:
            if pages in seen:
                raise corrupt("directories in a loop")
            try:
                current = directory(data, pages, page.order)
            except Rejected:
                break  # the first page is complete
            seen.add(pages)
            frames, pages = frames + 1, current.next
            check_frames(frames, 0, limits)  # only the first is decoded
        own = list(_strips(data, current))
        parts += len(current.entries) + len(own)
        if parts > MAX_PARTS or len(seen) > _MAX_DIRECTORIES:
            raise too_many_parts(max(parts, len(seen)))
        pixels += own
        others.append((current.start, current.end))
        others += [(entry.start, entry.end) for entry in current.entries.values()]
        for tag in _SUB_DIRECTORIES:
            for at in current.numbers(data, tag)[:64]:
                try:
                    inner = directory(data, at, page.order) if at not in seen else None
                except Rejected:
                    continue
                if inner:
                    seen.add(at)
                    below.append(inner)
    return pixels, others, frames


def _strips(data: bytes, page: Directory) -> Iterator[Span]:
    for offsets, lengths in OFFSETS.items():
        starts = page.numbers(data, offsets)
        counts = page.numbers(data, lengths)
        if starts and len(counts) < len(starts):
            yield min(starts), len(data)  # some writers leave the lengths out
            continue
        for start, length in zip(starts, counts, strict=False):
            if start < len(data):
                yield start, min(len(data), start + length)


def _gaps(spans: list[Span], size: int) -> Iterator[Span]:
    """Everything that is not a pixel."""
    at = 0
    for start, end in sorted(spans):
        if start - at >= _LEAST_GAP:
            yield at, start
        at = max(at, end)
    if size - at >= _LEAST_GAP:
        yield at, size


def _decoder_bytes(data: bytes, page: Directory, width: int, height: int) -> int:
    """Pillow's image, and the strip that libtiff decodes."""
    samples, bits = page.number(data, SAMPLES, 1), page.number(data, BITS, 1)
    rows = min(height, page.number(data, ROWS, height))
    held = 4 if samples > 1 else max(1, bits // 8)
    return width * height * held + width * rows * samples * bits // 8
