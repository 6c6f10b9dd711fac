"""What may follow an image in its file.

Real phones and cameras append things: padding, MPO second images and gain maps, the video of a motion photo,
Samsung's SEF records. Each of those has a structure that can be walked to the last byte, and only what walks
is accepted. Anything else (a ZIP, a page, a script, a program) is `trailing_data`. Accepted or not, no byte
after the image ever reaches an output: outputs are made from pixels.
"""

from __future__ import annotations

from imagebus_imaging.formats.base import Structure
from imagebus_imaging.formats.isobmff import boxes
from imagebus_imaging.formats.jpeg import walk_from
from imagebus_imaging.model import Limits, Rejected

_PADDING = b"\0\xff \t\r\n"
_VIDEO_BOXES = frozenset(
    {
        b"ftyp",
        b"moov",
        b"mdat",
        b"free",
        b"skip",
        b"wide",
        b"uuid",
        b"meta",
        b"udta",
        b"moof",
        b"mfra",
        b"sidx",
    }
)
_ARCHIVE_END, _ARCHIVE_ENTRY = b"PK\x05\x06", b"PK\x01\x02"
_ARCHIVE_TAIL = 22 + 65_535
_MAX_IMAGES = 16
_MAX_SEF_ENTRIES = 256


def check_trailer(data: bytes, structure: Structure, limits: Limits) -> None:
    """Raises `Rejected("trailing_data")` unless all that follows the image is what cameras write."""
    if _is_archive(data):
        raise Rejected("trailing_data", "the file is a ZIP archive as well", 0, len(data) - structure.end)
    at, stop = structure.end, len(data)
    if at >= stop:
        return
    # SEF is found from the file's end: its directory is the last thing in it.
    stop = _before_sef(data, at)
    images = 1
    while True:
        at = _skip_padding(data, at, stop)
        if at == stop:
            return
        if data[at : at + 3] == b"\xff\xd8\xff" and images < _MAX_IMAGES:
            images += 1
            at = _next_image(data, at, stop, limits)
        elif data[at + 4 : at + 8] == b"ftyp" and structure.declares_video and _is_video(data, at, stop):
            at = stop
        else:
            left = len(data) - at
            raise Rejected("trailing_data", f"{left} bytes after the image: {_kind(data[at:])}", 0, left)


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
    # Two kinds of trailer begin with what looks like padding: a JPEG's first marker, and the size of a box.
    if data[found] == 0xD8 and found > start and data[found - 1] == 0xFF:
        return found - 1
    if data[found + 1 : found + 5] == b"ftyp" and found >= start + 3:
        return found - 3
    return found


def _next_image(data: bytes, at: int, stop: int, limits: Limits) -> int:
    try:
        end = walk_from(data, limits, at).end
    except Rejected as refusal:
        detail = f"a broken second image after the first: {refusal.detail}"
        raise Rejected("trailing_data", detail, 0, len(data) - at) from None
    return min(end, stop)


def _is_video(data: bytes, at: int, stop: int) -> bool:
    try:
        return all(kind in _VIDEO_BOXES for kind, _, _ in boxes(data, at, stop))
    except Rejected:
        return False


def _before_sef(data: bytes, image_end: int) -> int:
    """Where Samsung's trailer begins, or the end of the file when there is no sound one.

    Layout: entries, then "SEFH" version count (type offset length)*count, directory length, "SEFT". An entry
    lies `offset` bytes before the directory, and begins with its own type.
    """
    size = len(data)
    if data[-4:] != b"SEFT" or size - image_end < 24:
        return size
    directory = size - 8 - int.from_bytes(data[-8:-4], "little")
    if directory < image_end or data[directory : directory + 4] != b"SEFH":
        return size
    count = int.from_bytes(data[directory + 8 : directory + 12], "little")
    if count > _MAX_SEF_ENTRIES or directory + 12 + 12 * count > size - 8:
        return size
    spans = []
    for entry in range(directory + 12, directory + 12 + 12 * count, 12):
        offset = int.from_bytes(data[entry + 4 : entry + 8], "little")
        begin = directory - offset
        end = begin + int.from_bytes(data[entry + 8 : entry + 12], "little")
        if begin < image_end or end > directory or data[begin + 2 : begin + 4] != data[entry + 2 : entry + 4]:
            return size
        spans.append((begin, end))
    # The entries must fill the trailer: bytes between them would be hidden from this walk.
    reached = min((begin for begin, _ in spans), default=directory)
    first = reached
    for begin, end in sorted(spans):
        if begin > reached:
            return size
        reached = max(reached, end)
    return first if reached == directory else size


def _is_archive(data: bytes) -> bool:
    """Whether a ZIP reader would open the file: it looks for the end record from the back, anywhere."""
    at = len(data)
    while (at := data.rfind(_ARCHIVE_END, max(0, len(data) - _ARCHIVE_TAIL), at)) >= 0:
        size = int.from_bytes(data[at + 12 : at + 16], "little")
        if size and data[max(0, at - size) : at].startswith(_ARCHIVE_ENTRY):
            return True
    return False


def _kind(rest: bytes) -> str:
    head = rest[:16].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, name in (
        (b"pk\x03\x04", "a ZIP archive"),
        (b"mz", "a Windows program"),
        (b"\x7felf", "a program"),
        (b"%pdf", "a PDF"),
        (b"#!", "a script"),
        (b"<", "markup"),
        (b"rar!", "a RAR archive"),
        (b"7z\xbc\xaf", "a 7z archive"),
        (b"\x1f\x8b", "a gzip stream"),
    ):
        if head.startswith(magic):
            return name
    return "of no kind a camera writes"
