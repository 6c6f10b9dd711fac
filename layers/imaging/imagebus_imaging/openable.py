"""Finds what other programs would open in the bytes that are not pixels.

Outputs are encoded from pixels, so bytes after an image or in its metadata never reach them. But the object
itself stays in its bucket, and must not also be an archive, a program or a page. Archive readers look
anywhere in a file; loaders, PDF readers and browsers look where something begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from imagebus_imaging.formats.base import Span

_ZIP_END, _ZIP_ENTRY, _ZIP_FILE = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
_ZIP_TAIL = 22 + 65_535
_ZIP_METHODS = frozenset((0, 8, 9, 12, 14, 93, 95, 96, 97, 98, 99))
_ARCHIVES = ((b"Rar!\x1a\x07", "a RAR archive"), (b"7z\xbc\xaf\x27\x1c", "a 7z archive"))
_TAR_BLOCK, _TAR_SUM = 512, slice(148, 156)
_TAR_NUMBER = re.compile(rb"[\s\0]*([0-7]+)")
# Disk images are known by what stands at one place: behind sixteen sectors, or in the last one.
_ISO_AT, _ISO = 16 * 2048 + 1, (b"CD001", b"BEA01")
_DISK_END = (b"koly\0\0\0\x04", b"conectix")
_PROGRAM = re.compile(rb"MZ|\x7fELF|[\xce\xcf]\xfa\xed\xfe|\xfe\xed\xfa[\xce\xcf]|\xca\xfe\xba\xbe\0\0")
_ELF = re.compile(rb"\x7fELF[\x01\x02][\x01\x02]\x01")
# Readers want these four bytes near the start. Elsewhere, random data must not resemble it.
_PDF_HEAD, _PDF_MAGIC, _PDF_END = 1024, b"%PDF", b"startxref"
_PDF = re.compile(rb"%PDF[ \t]*[-\r\n]")
# PHP's short tag is three bytes, which a video has by chance: text has to follow.
_CODE = re.compile(rb"<(?:\?php|script|\?=(?:\s*/[*/]|[\t\n\r\x20-\x7e]{8}))", re.IGNORECASE)
# Two bytes each, so random data has one in 65,536. If there are more than this, the search stops.
_MAX_CANDIDATES = 20_000
# What the WHATWG's sniffing rules treat as a page, and what a shell treats as a script.
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?[\s\0]{0,1024}+(?:<!--|<!doctype html|<\?xml|<\?php|<\?=|<%|<svg|#!\s*/"
    rb"|<(?:html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[\s>])",
    re.IGNORECASE,
)
_BEGINNINGS = (("a page or script", _PAGE), ("a program", _PROGRAM))


def found_in(data: bytes, end: int, starts: Iterable[int], metadata: Iterable[Span]) -> str | None:
    """What would be opened, or None. The image ends at `end`; `starts` are the beginnings of what follows."""
    if _is_zip(data):
        return "a ZIP archive"
    if _is_tar(data):
        return "a TAR archive"
    if data.startswith(_ISO, _ISO_AT) or data[-512:].startswith(_DISK_END):
        return "a disk image"
    begins = (name for at in set(starts) for name, pattern in _BEGINNINGS if pattern.match(data, at))
    return next(begins, None) or _document(data, end) or _anywhere(data, (*metadata, (end, len(data))))


def _document(data: bytes, end: int) -> str | None:
    if _CODE.search(data, end):
        return "a page or script"
    near = data.find(_PDF_MAGIC, 0, _PDF_HEAD + len(_PDF_MAGIC)) >= 0
    return "a PDF" if near or _PDF.search(data, end) or data.find(_PDF_END, end) >= 0 else None


def _anywhere(data: bytes, spans: Sequence[Span]) -> str | None:
    for magic, name in _ARCHIVES:
        if any(data.find(magic, *span) >= 0 for span in spans):
            return name
    if _has_zip_file(data, spans):
        return "a ZIP archive"
    if any(_ELF.search(data, *span) for span in spans):
        return "a program"
    return "a Windows program" if _has_windows_program(data, spans) else None


def _is_zip(data: bytes) -> bool:
    """Whether a tolerant reader would open it: an end record in the last 64 KB, and an entry before it.

    Sizes and offsets in the end record may be wrong, or in another record (ZIP64).
    """
    start = max(0, len(data) - _ZIP_TAIL)
    at = data.rfind(_ZIP_END, start)
    return at >= 0 and data.rfind(_ZIP_ENTRY, 0, at) >= 0


def _is_tar(data: bytes) -> bool:
    """By its first checksum, all that old archives have. It adds up the bytes, which may be signed."""
    block, number = data[:_TAR_BLOCK], _TAR_NUMBER.match(data[_TAR_SUM])
    if len(block) < _TAR_BLOCK or number is None:
        return False
    others = block[: _TAR_SUM.start] + b" " * 8 + block[_TAR_SUM.stop :]
    stated, unsigned = int(number[1], 8), sum(others)
    return stated in (unsigned, unsigned - 256 * sum(byte > 127 for byte in others))


def _has_zip_file(data: bytes, spans: Sequence[Span]) -> bool:
    """A file inside a ZIP, which is enough for readers that repair archives."""

    def is_file(at: int, _end: int) -> bool:
        method, name = (int.from_bytes(data[at + n : at + n + 2], "little") for n in (8, 26))
        return data[at + 4] <= 63 and method in _ZIP_METHODS and 0 < name < 4096

    return _any(data, _ZIP_FILE, spans, 30, is_file)


def _has_windows_program(data: bytes, spans: Sequence[Span]) -> bool:
    def is_program(at: int, end: int) -> bool:
        return data.startswith(b"PE\0\0", at + int.from_bytes(data[at + 60 : at + 64], "little"), end)

    return _any(data, b"MZ", spans, 64, is_program)


def _any(
    data: bytes, magic: bytes, spans: Sequence[Span], least: int, holds: Callable[[int, int], bool]
) -> bool:
    candidates = ((at, end) for start, end in spans for at in _found(data, magic, start, end - least))
    return any(holds(at, end) or number == _MAX_CANDIDATES for number, (at, end) in enumerate(candidates, 1))


def _found(data: bytes, magic: bytes, start: int, end: int) -> Iterator[int]:
    at, end = start - 1, max(0, end)  # a negative end would count from the end of the file
    while (at := data.find(magic, at + 1, end)) >= 0:
        yield at
