"""Opening untrusted bytes with one named decoder each, and what its failures mean."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from PIL import Image, ImageFile

from imagebus_imaging.formats import detect
from imagebus_imaging.model import Rejected

# Decoders raise all of these for broken bytes. RuntimeError is libheif's and libavif's, KeyError and
# TypeError come from header fields that are missing or of the wrong kind.
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
    """Turns what a decoder throws at broken bytes into `Rejected`: `corrupt`, or `too_costly` for memory."""
    try:
        yield
    except MemoryError:
        raise Rejected("too_costly", "decoding needs more memory than allowed") from None
    except DECODE_ERRORS as error:
        raise Rejected("corrupt", f"{type(error).__name__}: {error}"[:300]) from None


_PLUGINS = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("imagebus_imaging.pngstream", "StreamedPng"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    # Not registered with Pillow: opened by class, so that nothing else changes when it is loaded.
    "HEIF": ("pillow_heif", "HeifImageFile"),
}


def load_plugin(image_format: str) -> type[ImageFile.ImageFile]:
    """The decoder class of one format. Loads that plugin alone: `Image.open` would load five."""
    module, name = _PLUGINS[image_format]
    loaded = import_module(module)
    if image_format == "HEIF":
        _use_main_image_only(loaded.options)
    elif image_format == "AVIF":
        vars(loaded)["DEFAULT_MAX_THREADS"] = 1
    plugin: type[ImageFile.ImageFile] = getattr(loaded, name)
    return plugin


def _use_main_image_only(options: Any) -> None:
    # An embedded thumbnail may show something else than the image that was validated. One thread: more bring
    # nothing where an image has one core, and each would reserve memory of its own.
    options.THUMBNAILS = False
    options.DEPTH_IMAGES = False
    options.AUX_IMAGES = False
    options.DECODE_THREADS = 1


def open_image(data: bytes, image_format: str | None = None) -> ImageFile.ImageFile:
    """Reads the header only. Raises `Rejected` for bytes that are no image of an accepted format."""
    name = image_format or detect(data)
    if name is None:
        raise Rejected("unsupported_format", "the bytes are no image of an accepted format")
    plugin = load_plugin(name)
    if name == "WEBP":
        plugin = import_module("imagebus_imaging.webpstream").opener(data)
    with decode_failures_are_rejections():
        return plugin(io.BytesIO(data))
