"""AVIF and HEIF: the boxes of an ISO base media file, and what its main image declares."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

from imagebus_imaging.formats.base import MAX_PARTS, Metadata, Span, Structure, corrupt, too_many_parts
from imagebus_imaging.formats.png import HDR
from imagebus_imaging.interface import Hdr, Limits, Rejected

# What image files have at top level. `mpvd` is the video of a motion photo.
_TOP = frozenset(b"meta mdat moov free skip wide uuid idat mpvd pitm styp".split())
# For each pixel, measured: 4.3 to 5.9 (HEIF), 6.7 to 7.7 (AVIF); and what libheif's worker thread reserves.
_DECODER_BYTES = {"HEIF": (6, 1 << 26), "AVIF": (8, 1 << 20)}
_CONTAINERS = frozenset({b"iprp", b"ipco"})
_HEIF_BRANDS = frozenset(b"heic heix heim heis hevc hevx hevm hevs mif1 msf1".split())
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_GAIN_MAPS = (b"hdrgainmap", b"tmap")


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
    """The image ends before the first thing that is not a box of an image file."""
    end, main = 0, Main()
    found = set()
    for kind, body, box_end in _image_boxes(data):
        found.add(kind)
        if kind == b"meta":
            Metadata(limits).add(body, box_end)
            main = main_image(data, body, box_end)
        end = box_end
    if not found & {b"meta", b"moov"}:
        raise corrupt("no image is described")
    width, height = max(main.sizes, key=lambda size: size[0] * size[1], default=(0, 0))
    if b"meta" in found and not width * height:
        raise corrupt("the image has no size")
    per_pixel, always = _DECODER_BYTES[detect(data) or "AVIF"]
    return Structure(
        width,
        height,
        end,
        metadata=((0, end),),
        decoder_bytes=per_pixel * width * height + always,
        hdr=main.hdr,
    )


def _image_boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    at, described = 0, False
    for count in range(MAX_PARTS + 1):
        if at >= len(data) or (at and data[at + 4 : at + 8] not in _TOP):
            return
        if count == MAX_PARTS:
            raise too_many_parts(count)
        try:
            box = next(boxes(data, at, len(data)))
        except Rejected:
            if described:
                return  # cut off: if pixels are in it, the decoder misses them
            raise
        yield box
        at, described = box[2], described or box[0] == b"meta"


@dataclass(slots=True)
class Main:
    """What the container declares: the sizes of all images in it, and the properties of the main one."""

    sizes: list[tuple[int, int]] = field(default_factory=list)
    #: left, top, right, bottom of the visible part.
    crop: tuple[int, int, int, int] | None = None
    #: Colour primaries and transfer function as ITU-T H.273 numbers them.
    cicp: tuple[int, int] | None = None
    hdr: Hdr | None = None
    #: Where its `ipma` boxes lie, from the first byte of their contents.
    associations: list[Span] = field(default_factory=list)
    #: Where the boxes of the image end: a decoder would take those of an appended video for its own.
    end: int = 0


def main_of(data: bytes) -> Main:
    """The properties of the main image, empty if they cannot be read."""
    main, reached = Main(), 0
    with suppress(Rejected):
        for kind, body, reached in _image_boxes(data):
            if kind == b"meta":
                main = main_image(data, body, reached)
    main.end = reached
    return main


def main_image(data: bytes, start: int, end: int) -> Main:
    """Reads a `meta` box. Raises `Rejected` for one whose boxes are broken."""
    main, number, parts = Main(), 0, 0
    properties: list[tuple[bytes, int, int]] = []
    associated: dict[int, list[int]] = {}
    pending = [(start + 4, end, False)]
    while pending:
        at, stop, are_properties = pending.pop()
        for kind, body, box_end in boxes(data, at, stop):
            if are_properties:
                properties.append((kind, body, box_end))
                if kind == b"ispe" and box_end - body >= 12:
                    main.sizes.append(struct.unpack_from(">II", data, body + 4))
            elif kind in _CONTAINERS:
                pending.append((body, box_end, kind == b"ipco"))
            elif kind == b"pitm":
                number = int.from_bytes(data[body + 4 : body + (8 if data[body] else 6)], "big")
            elif kind == b"ipma":
                main.associations.append((body, box_end))
                parts += _associations(data, body, box_end, associated)
                if parts > MAX_PARTS:
                    raise too_many_parts(parts)
    if any(data.find(name, start, end) >= 0 for name in _GAIN_MAPS):
        main.hdr = "gain-map"
    own = [properties[index - 1] for index in associated.get(number, ()) if 0 < index <= len(properties)]
    _apply(data, own, main)
    return main


def _associations(
    data: bytes, body: int, end: int, found: dict[int, list[int]], *, flags: bool = False
) -> int:
    """Adds the properties of each item in an `ipma` box. Returns the number of items and properties in it."""
    wide_ids, wide_indexes = data[body] > 0, data[body + 3] & 1
    at = body + 8
    parts = 0
    for _ in range(int.from_bytes(data[body + 4 : at], "big")):
        if at >= end or parts > MAX_PARTS:
            break
        id_end = at + (4 if wide_ids else 2)
        number, count = int.from_bytes(data[at:id_end], "big"), data[id_end] if id_end < end else 0
        at = id_end + 1
        parts += 1 + count
        indexes = found.setdefault(number, [])
        for _ in range(count):
            step = 2 if wide_indexes else 1
            index = int.from_bytes(data[at : at + step], "big")
            if not flags:  # whether it is essential
                index &= 0x7FFF if wide_indexes else 0x7F
            if len(indexes) < 256 and not (flags and index in indexes):
                indexes.append(index)
            at += step
    return parts


def with_one_association_box(data: bytes, spans: list[Span]) -> bytes:
    """The file with `ipma` boxes of one kind that follow each other merged into one, as libavif wants them.
    No byte behind them moves: what becomes free is filled with an item that has no properties.
    """
    head = data[spans[0][0] : spans[0][0] + 4]
    adjacent = all(after[0] == before[1] + 8 for before, after in pairwise(spans))
    if not adjacent or any(data[start : start + 4] != head for start, _ in spans):
        return data
    merged: dict[int, list[int]] = {}
    for start, end in spans:
        _associations(data, start, end, merged, flags=True)
    wide_id, wide_index = (4 if head[0] else 2), (2 if head[3] & 1 else 1)
    entries = b"".join(
        item.to_bytes(wide_id, "big")
        + bytes([len(indexes)])
        + b"".join(index.to_bytes(wide_index, "big") for index in indexes)
        for item, indexes in sorted(merged.items())
        if len(indexes) < 256
    )
    start, end = spans[0][0], spans[-1][1]
    room = end - start - 8 - len(entries) - wide_id - 1
    if room < 0 or room // wide_index > 255 or room % wide_index:
        return data
    filler = b"\xff" * wide_id + bytes([room // wide_index]) + bytes(room)
    count = (len(merged) + 1).to_bytes(4, "big")
    size = (end - start + 8).to_bytes(4, "big")
    return data[: start - 8] + size + b"ipma" + head + count + entries + filler + data[end:]


def without_exif(data: bytes) -> bytes:
    """The file with the items of EXIF blocks renamed to what no decoder reads. No byte moves."""
    renamed = bytearray(data)
    with suppress(Rejected):
        for kind, body, end in _image_boxes(data):
            for name, inner, stop in boxes(data, body + 4, end) if kind == b"meta" else ():
                if name == b"iinf":
                    for _, item, item_end in boxes(data, inner + (8 if data[inner] else 6), stop):
                        at = item + (8 if data[item : item + 1] == b"\2" else 10)
                        if data[at : min(at + 4, item_end)] == b"Exif":
                            renamed[at : at + 4] = b"none"
    return bytes(renamed)


def _apply(data: bytes, properties: list[tuple[bytes, int, int]], main: Main) -> None:
    size: tuple[int, int] = (0, 0)
    for kind, body, end in properties:
        if kind == b"ispe" and end - body >= 12:
            size = struct.unpack_from(">II", data, body + 4)
        elif kind == b"colr" and data[body : body + 4] == b"nclx" and end - body >= 10:
            main.cicp = struct.unpack_from(">HH", data, body + 4)
            main.hdr = HDR.get(main.cicp[1], main.hdr)
    for kind, body, end in properties:
        if kind == b"clap" and end - body >= 32:
            main.crop = _crop(struct.unpack_from(">IIIIiIiI", data, body), *size)


def _crop(clap: tuple[int, ...], width: int, height: int) -> tuple[int, int, int, int] | None:
    """The clean aperture inside the image. Raises `Rejected` if none of it is inside."""
    if not all(clap[1::2]):
        raise corrupt("a clean aperture without a size")
    shown_w, shown_h, off_x, off_y = (top / bottom for top, bottom in zip(clap[::2], clap[1::2], strict=True))
    left, top = (width - shown_w) / 2 + off_x, (height - shown_h) / 2 + off_y
    box = (
        max(0, round(left)),
        max(0, round(top)),
        min(width, round(left + shown_w)),
        min(height, round(top + shown_h)),
    )
    if box[0] >= box[2] or box[1] >= box[3]:
        raise corrupt("a clean aperture outside the image")
    return None if box == (0, 0, width, height) else box
