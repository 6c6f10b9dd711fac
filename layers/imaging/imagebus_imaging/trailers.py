"""What may follow an image in its file, by name.

Phones, cameras and programs append padding, further images, the video of a motion photo and their own
records. Each known kind is found by its structure, from its start or from the end of the file. This module
only names them: `openable` finds what is refused, `validation` decides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from imagebus_imaging.exif import make_in
from imagebus_imaging.formats.base import Span, Structure
from imagebus_imaging.formats.isobmff import boxes
from imagebus_imaging.formats.jpeg import EXIF, walk_from
from imagebus_imaging.interface import Limits, Rejected

UNKNOWN = "unknown"
_PADDING = b"\0\xff \t\r\n\x1a"
_VIDEO_BOXES = frozenset(
    b"ftyp moov mdat free skip wide uuid meta udta moof mfra sidx styp mvex pdin sefd mpvd".split()
)
_MAX_PARTS, _MAX_LAST = 64, 8
_MAX_VIDEO_BOXES = 1000
_MAX_SEF_ENTRIES = 256
_MAX_LIST = 65_536
_MAKERS = ((b"htc", "htc"), (b"blackberry", "blackberry"), (b"research in motion", "blackberry"))
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
# (kind, its first bytes, whether they are all of it)
_BEGINNINGS = (
    ("end-marker", _PNG_END, True),
    ("end-marker", _PNG_END[4:], True),
    ("vivo", b'vivo{"', False),
    ("vivo", b"streamdata", False),
    ("xmp", b"<?xpacket", False),
    ("xmp", b"<x:xmpmeta", False),
)


@dataclass(frozen=True, slots=True)
class Part:
    """`sound`: its structure was walked to the last byte. `inside`: where its contents begin."""

    kind: str
    start: int
    end: int
    sound: bool = True
    inside: tuple[int, ...] = ()


def start_of_tail(data: bytes) -> int:
    """Where the records that are found from the end of the file begin; the end if there are none."""
    return tail_of(data)[0]


def tail_of(data: bytes) -> tuple[int, list[Part]]:
    """(start, parts) of the records found from the end of the file."""
    stop = len(data)
    parts: list[Part] = []
    while len(parts) < _MAX_LAST:
        end = len(data[max(0, stop - 64) : stop].rstrip(b"\0")) + max(0, stop - 64) if parts else stop
        part = _last(data, end)
        if part is None or data[part.start - 4 : part.start] == b"sefd":
            return stop, parts
        parts.insert(0, part)
        if not part.sound:
            return stop, parts  # its start is unknown: it names what nothing else explains
        stop = part.start
    return stop, parts


def parts_of(data: bytes, structure: Structure, tail: tuple[int, list[Part]], limits: Limits) -> list[Part]:
    """Everything that follows the image, in order, without gaps and without padding."""
    stop, last = tail
    stop = max(stop, structure.end)
    last = [part for part in last if part.end > structure.end]
    name = last.pop(0).kind if last and not last[0].sound else ""
    found: list[Part] = []
    at = structure.end
    while at < stop:
        at = _skip_padding(data, at, stop)
        if at == stop:
            break
        part = _first(data, at, stop, limits) if len(found) < _MAX_PARTS else None
        if part is None:
            found.append(Part(name or _by_maker(data, structure), at, stop, sound=False))
            break
        found.append(part)
        at = part.end
    return found + last


def _by_maker(data: bytes, structure: Structure) -> str:
    """What has no known structure is named after the phone, if its maker is known to append something."""
    for start, end in structure.metadata:
        at = data.find(EXIF, start, end)
        if at >= 0:
            make = make_in(data[at:end]).strip().lower()
            return next((kind for maker, kind in _MAKERS if make.startswith(maker)), UNKNOWN)
    return UNKNOWN


def _first(data: bytes, at: int, stop: int, limits: Limits) -> Part | None:
    """The part that begins here, if its structure gives its end."""
    if data[at - 1 : at + 1] == b"\xff\xd9":
        return Part("end-marker", at, at + 1)
    if data[at : at + 3] == b"\xff\xd8\xff":
        return _next_image(data, at, stop, limits)
    if data[at + 1 : at + 4] == b"\xd8\xff\xdb" and (end := data.find(b"\xff\xd9", at)) > 0:
        return Part("minolta", at, min(stop, end + 2))
    walk = _BOXES.get(data[at + 4 : at + 8])
    if walk:
        return walk(data, at, stop)
    return next(
        (
            Part(kind, at, at + len(head) if whole else stop)
            for kind, head, whole in _BEGINNINGS
            if data.startswith(head, at)
        ),
        None,
    )


def _skip_padding(data: bytes, at: int, stop: int) -> int:
    start = at
    while at < stop:
        step = min(stop, at + 65_536)
        rest = data[at:step].lstrip(_PADDING)
        if rest:
            return _first_byte(data, start, step - len(rest))
        at = step
    return stop


def _first_byte(data: bytes, start: int, found: int) -> int:
    # Some trailers begin with what looks like padding: a JPEG's first marker, the length of a box or of a
    # chunk.
    if data[found] == 0xD8 and found > start and data[found - 1] == 0xFF:
        return found - 1
    for ahead, name in ((1, b"ftyp"), (1, b"sefd"), (0, b"IEND")):
        if data.startswith(name, found + ahead) and found >= start + 4 - ahead:
            return found - 4 + ahead
    return found


def _next_image(data: bytes, at: int, stop: int, limits: Limits) -> Part:
    try:
        structure = walk_from(data, limits, at)
    except Rejected:
        return Part("jpeg", at, stop, sound=False)
    if structure.truncated or structure.end > stop:
        return Part("jpeg", at, stop, sound=False)
    return Part("gain-map" if structure.hdr else "jpeg", at, structure.end)


def _video(data: bytes, at: int, stop: int) -> Part:
    """As many video boxes as there are."""
    end, inside = at, list[int]()
    with suppress(Rejected):
        for kind, body, box_end in boxes(data, at, stop):
            if kind not in _VIDEO_BOXES or (kind == b"ftyp" and end > at) or len(inside) == _MAX_VIDEO_BOXES:
                break
            inside.append(body)
            end = box_end
    return Part("video", at, end, inside=tuple(inside)) if end > at else Part(UNKNOWN, at, stop, sound=False)


def _boxed(data: bytes, at: int, stop: int) -> Part:
    """Samsung's records in a box of a HEIC."""
    end = at + int.from_bytes(data[at : at + 4], "big")
    records = _samsung(data, end) if data[end - 4 : end] == b"SEFT" else None
    sound = records is not None and records[0] == at + 8 and end <= stop
    return Part("samsung", at, end if sound else stop, sound=sound, inside=records[1] if records else ())


_BOXES = {b"ftyp": _video, b"sefd": _boxed}


def _last(data: bytes, stop: int) -> Part | None:
    """The part that ends here, named by its last bytes; not `sound` if its start is unknown."""
    last = data[max(0, stop - 64) : stop]
    for kind, pattern, start_of in _ENDINGS:
        if pattern.search(last):
            start, inside = start_of(data, stop) or (0, ())
            return (
                Part(kind, start, stop, inside=inside) if start > 0 else Part(kind, stop, stop, sound=False)
            )
    return None


Start = tuple[int, tuple[int, ...]] | None


def _samsung(data: bytes, stop: int) -> Start:
    """Entries, then "SEFH" version count (type offset length)*count, directory length, "SEFT". An entry lies
    `offset` bytes before the directory, and begins with its own type and the length of its name.
    """
    directory = stop - 8 - int.from_bytes(data[stop - 8 : stop - 4], "little")
    if directory < 0 or data[directory : directory + 4] != b"SEFH":
        return None
    count = int.from_bytes(data[directory + 8 : directory + 12], "little")
    if count > _MAX_SEF_ENTRIES or directory + 12 + 12 * count > stop - 8:
        return None
    spans: list[Span] = []
    inside = []
    for entry in range(directory + 12, directory + 12 + 12 * count, 12):
        offset = int.from_bytes(data[entry + 4 : entry + 8], "little")
        begin = directory - offset
        end = begin + int.from_bytes(data[entry + 8 : entry + 12], "little")
        if begin < 0 or end > directory or data[begin + 2 : begin + 4] != data[entry + 2 : entry + 4]:
            return None
        spans.append((begin, end))
        inside.append(begin + 8 + int.from_bytes(data[begin + 4 : begin + 8], "little"))
    # The entries must fill the trailer, one after the other: bytes between them would be hidden.
    reached = first = min((begin for begin, _ in spans), default=directory)
    for begin, end in sorted(spans):
        if begin != reached:
            return None
        reached = end
    return (first, tuple(inside)) if reached == directory else None


def _oneplus(data: bytes, stop: int) -> Start:
    """Records, a JSON list of their offsets before it, NUL, "jxrs" and the length of the list."""
    listed = stop - 8 - int.from_bytes(data[stop - 4 : stop], "little")
    for begin in (listed, listed + 8):
        if max(0, stop - _MAX_LIST) <= begin < stop and data.startswith(b"[", begin):
            with suppress(ValueError, TypeError, KeyError, RecursionError):
                records = json.loads(data[begin : data.index(b"]", begin, stop) + 1])
                offset = max(record["offset"] for record in records)
                if isinstance(offset, int) and 0 <= offset <= begin:
                    return begin - offset, (begin,)
            return None
    return None


def _vivo(data: bytes, stop: int) -> Start:
    at = data.rfind(b'vivo{"', 0, stop)
    stream = data.rfind(b"streamdata", 0, at)
    return (stream if stream > 0 else at), (at + 4,)


def _huawei(data: bytes, stop: int) -> Start:
    match = re.search(rb"v\d_f\d+\s+LIVE_|LIVE_", data[stop - 64 : stop])
    return (stop - 64 + match.start(), ()) if match and stop > 64 else None


def _headed(head: bytes) -> Callable[[bytes, int], Start]:
    """Trailers that begin with a known text."""

    def start(data: bytes, stop: int) -> Start:
        last = data.rfind(head, 0, stop)
        first = data.rfind(head, 0, max(0, last))
        return (first if first > 0 else last), ()

    return start


def _unsized(_data: bytes, _stop: int) -> Start:
    """Nothing at its start identifies it."""
    return None


_ENDINGS: tuple[tuple[str, re.Pattern[bytes], Callable[[bytes, int], Start]], ...] = tuple(
    (kind, re.compile(pattern + rb"\Z", re.DOTALL), start)
    for kind, pattern, start in (
        ("samsung", rb"SEFT", _samsung),
        ("samsung", rb"QDIOBS", _unsized),
        ("oneplus", rb"jxrs.{4}", _oneplus),
        ("vivo", rb"\xff{4}\x1b\*9HWfu\x84\x93\xa2\xb1", _vivo),
        ("huawei", rb"LIVE_[\d:]+ *", _huawei),
        ("insta360", rb"8db42d694ccc418790edff439fe026bf", _unsized),
        ("nikon", rb"\0{6}/NIKON APP", _unsized),
        ("canon", rb"CANON OPTIONAL DATA\0.{44}", _headed(b"CANON OPTIONAL DATA\0")),
        ("photo-mechanic", rb"cbipcbbl", _unsized),
        ("afcp", rb"AXS[!*].{8}", _headed(b"AXS")),
        ("fotostation", rb"\xa1\xb2\xc3\xd4", _unsized),
        ("mie", rb"~\0\x04\0zmie~\0\0[\x06\x0a].{4,8}[\x10\x18][\x04\x08]", _headed(b"~\x10\x04\xfe0MIE")),
    )
)
