"""Checksums, inflate and deflate: ISA-L where its wheel is installed (twice zlib's speed), zlib where it is
not.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

_LEVEL = 3
DeflateError: type[Exception] = zlib.error
if TYPE_CHECKING:
    from zlib import adler32, crc32, decompressobj

    def compress(data: bytes, level: int = _LEVEL) -> bytes: ...
else:
    try:
        from isal.isal_zlib import adler32, compress, crc32, decompressobj
        from isal.isal_zlib import error as DeflateError  # noqa: N812
    except ImportError:
        from zlib import adler32, compress, crc32, decompressobj

__all__ = ["DeflateError", "adler32", "compress", "crc32", "decompressobj"]
