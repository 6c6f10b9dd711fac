"""Opens untrusted bytes with one named decoder, and translates its errors."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from PIL import Image

from imagebus_imaging.decoders.base import Decoder
from imagebus_imaging.formats import detect
from imagebus_imaging.interface import Rejected

# Decoders raise all of these for broken bytes. RuntimeError comes from libheif and libavif, KeyError
# and TypeError from header fields that are missing or have the wrong type.
DECODE_ERRORS: tuple[type[Exception], ...] = (
    OSError,
    ValueError,
    LookupError,
    SyntaxError,
    EOFError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


@contextmanager
def decode_failures_are_rejections() -> Iterator[None]:
    """Translates a decoder's errors into `Rejected`: `corrupt`, or `too_costly` for memory."""
    try:
        yield
    except MemoryError:
        raise Rejected("too_costly", "decoding needs more memory than allowed") from None
    except DECODE_ERRORS as error:
        raise Rejected("corrupt", f"{type(error).__name__}: {error}"[:300]) from None


def load_decoder(image_format: str) -> None:
    """Imports the decoder of one format, and with it Pillow's encoder. `Image.open` would import five."""
    import_module(f"{__name__}.{image_format.lower()}")


def open_image(data: bytes, image_format: str | None = None) -> Decoder:
    """Reads the header only. Raises `Rejected` for bytes that are not an image of an accepted format."""
    name = image_format or detect(data)
    if name is None:
        raise Rejected("unsupported_format", "the bytes are not an image of an accepted format")
    module = import_module(f"{__name__}.{name.lower()}")
    with decode_failures_are_rejections():
        opened: Decoder = module.open_bytes(data)
        return opened
