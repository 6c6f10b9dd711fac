"""AVIF and HEIF: the boxes of an ISO base media file, and the largest picture they declare."""

from __future__ import annotations

from collections.abc import Iterator

from imagebus_imaging.formats.base import MAX_PARTS, Structure, check_metadata, corrupt, too_many_parts
from imagebus_imaging.model import Limits

# What image files have at top level. `mpvd` is the video of a motion photo.
_TOP = frozenset(
    {
        b"ftyp",
        b"meta",
        b"mdat",
        b"moov",
        b"free",
        b"skip",
        b"wide",
        b"uuid",
        b"idat",
        b"mpvd",
        b"pitm",
        b"styp",
    }
)
# For each pixel, measured: 9.0 to 10.6 (AVIF), 7.8 to 9.7 (HEIF). libheif's worker thread reserves an arena.
_DECODER_BYTES = 11
_THREAD_BYTES = 1 << 26
_CONTAINERS = frozenset({b"iprp", b"ipco"})
_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})


def detect(data: bytes) -> str | None:
    # The major brand decides where it names a codec. `mif1` says only "an image", so the compatible brands
    # decide then.
    if data[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(data[:4], "big"), len(data), 256)
    major = data[8:12]
    compatible = {data[at : at + 4] for at in range(16, end - 3, 4)}
    if major in _AVIF_BRANDS or (major in (b"mif1", b"msf1") and compatible & _AVIF_BRANDS):
        return "AVIF"
    return "HEIF" if major in _HEIF_BRANDS else None


def boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, body, end) of each box. Raises `Rejected` for a box that runs past `end`."""
    at = start
    for count in range(MAX_PARTS + 1):
        if at >= end:
            return
        if count == MAX_PARTS:
            raise too_many_parts(count)
        size, kind, body = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], at + 8
        if size == 1:
            size, body = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        elif size == 0:
            size = end - at
        if at + size < body or at + size > end or body > end:
            raise corrupt(f"box at byte {at} runs past the end")
        yield kind, body, at + size
        at += size


def walk(data: bytes, limits: Limits) -> Structure:
    """The image ends where the first thing begins that is no box of an image file."""
    end, sizes, found = 0, [(0, 0)], set()
    for kind, body, box_end in _image_boxes(data):
        found.add(kind)
        if kind == b"meta":
            check_metadata(box_end - body, limits)
            sizes += _sizes(data, body + 4, box_end)
        end = box_end
    if not found & {b"meta", b"moov"}:
        raise corrupt("no image is described")
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    if b"meta" in found and not width * height:
        raise corrupt("the image has no size")
    return Structure(width, height, end, decoder_bytes=_DECODER_BYTES * width * height + _THREAD_BYTES)


def _image_boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    at = 0
    for count in range(MAX_PARTS + 1):
        if at >= len(data) or data[at + 4 : at + 8] not in _TOP:
            return
        if count == MAX_PARTS:
            raise too_many_parts(count)
        box = next(boxes(data, at, len(data)))
        yield box
        at = box[2]


def _sizes(data: bytes, start: int, end: int) -> list[tuple[int, int]]:
    found = []
    pending = [(start, end)]
    while pending:
        for kind, body, box_end in boxes(data, *pending.pop()):
            if kind in _CONTAINERS:
                pending.append((body, box_end))
            elif kind == b"ispe" and box_end - body >= 12:
                found.append(
                    (
                        int.from_bytes(data[body + 4 : body + 8], "big"),
                        int.from_bytes(data[body + 8 : body + 12], "big"),
                    )
                )
    return found
