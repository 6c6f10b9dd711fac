"""WebP decoded at the needed size: libwebp can scale while it decodes, but Pillow does not use that.

The library is the one in Pillow's wheel. If it is not found (a Pillow that was built differently), Pillow's
own decoder is used, which goes through an animation canvas and holds four copies of all pixels. Ours saves
two fifths of its time, and for a large image nine tenths of its memory.
"""

from __future__ import annotations

import ctypes
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import PIL
from PIL import Image, ImageFile
from PIL.WebPImagePlugin import WebPImageFile

from imagebus_imaging.decoders.base import Decoder
from imagebus_imaging.formats.webp import chunks, end_of_riff, size_of

_ABI = 0x0209
_RGB, _RGBA = 0, 1
_OUT_OF_MEMORY = 1
# Scaled by area averages, so it is left to the last filter to go the rest of the way.
_GAP = 1.5
_ANIMATED, _ALPHA = 0x02, 0x10
# Chunks that count only with their flag, as for browsers.
_METADATA = ((b"ICCP", "icc_profile", 0x20), (b"EXIF", "exif", 0x08))


class _Features(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int) for name in ("width", "height", "has_alpha", "has_animation", "format")),
        ("pad", ctypes.c_uint32 * 5),
    ]


class _Pixels(ctypes.Structure):
    _fields_ = [("rgba", ctypes.c_void_p), ("stride", ctypes.c_int), ("size", ctypes.c_size_t)]


class _Planes(ctypes.Structure):
    # Unused, and the larger half of the union.
    _fields_ = [
        ("planes", ctypes.c_void_p * 4),
        ("strides", ctypes.c_int * 4),
        ("sizes", ctypes.c_size_t * 4),
    ]


class _Where(ctypes.Union):
    _fields_ = [("RGBA", _Pixels), ("YUVA", _Planes)]


class _Output(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int) for name in ("colorspace", "width", "height", "is_external_memory")),
        ("u", _Where),
        ("pad", ctypes.c_uint32 * 4),
        ("private_memory", ctypes.c_void_p),
    ]


class _Options(ctypes.Structure):
    _fields_ = [
        *(
            (name, ctypes.c_int)
            for name in (
                "bypass_filtering", "no_fancy_upsampling",
                "use_cropping", "crop_left", "crop_top", "crop_width", "crop_height",
                "use_scaling", "scaled_width", "scaled_height",
                "use_threads", "dithering_strength", "flip", "alpha_dithering_strength",
            )
        ),
        ("pad", ctypes.c_uint32 * 5),
    ]  # fmt: skip


class _Config(ctypes.Structure):
    _fields_ = [("input", _Features), ("output", _Output), ("options", _Options)]


@cache
def libwebp() -> Any | None:
    """The library with the two functions we use, or None if it is not available."""
    for path in sorted((Path(PIL.__file__).parent.parent / "pillow.libs").glob("libwebp-*.so*")):
        try:
            library = ctypes.CDLL(str(path))
            library.WebPInitDecoderConfigInternal.argtypes = [ctypes.c_void_p, ctypes.c_int]
            library.WebPDecode.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p]
        except (OSError, AttributeError):
            continue
        if library.WebPInitDecoderConfigInternal(ctypes.byref(_Config()), _ABI):
            return library
    return None


def open_bytes(data: bytes) -> Decoder:
    """Opens an animation with Pillow's decoder, because it needs Pillow's canvas."""
    end = end_of_riff(data)
    if end - 8 != int.from_bytes(data[4:8], "little"):
        data = data[:4] + (end - 8).to_bytes(4, "little") + data[8:end]
    flags = flags_of(data)
    if flags & _ANIMATED and not flags & _ALPHA and _shows_background(data):
        data = data[:20] + bytes([flags | _ALPHA]) + data[21:]
    return (AnimatedWebp if flags & _ANIMATED or libwebp() is None else ScaledWebp)(BytesIO(data))


def _shows_background(data: bytes) -> bool:
    """Whether a frame leaves a part of the canvas empty. It is transparent, but Pillow shows it as black if
    all frames are opaque.
    """
    size, covered = data[24:30], False
    for kind, body, end in chunks(data):
        if kind == b"ANMF" and end - body >= 16:
            whole = data[body : body + 12] == bytes(6) + size
            if not whole and not covered:
                return True
            covered = not data[body + 15] & 1  # not removed before the next
    return False


def flags_of(data: bytes) -> int:
    """Those of the extended format; none for a file without it."""
    return data[20] if data[12:16] == b"VP8X" and len(data) > 20 else 0


class AnimatedWebp(Decoder, WebPImageFile):
    """Decoded by Pillow, which heeds the flags of metadata."""


class ScaledWebp(Decoder):
    """A still WebP. `draft` sets how small it may be decoded."""

    format = "WEBP"
    format_description = "WebP image, scaled while decoding"

    def _open(self) -> None:
        self._data = self._bytes()
        parts: dict[bytes, tuple[int, int]] = {}
        for kind, body, end in chunks(self._data):
            parts.setdefault(kind, (body, end))  # of two chunks of a kind, the first counts
        kind = b"VP8L" if b"VP8L" in parts else b"VP8 "
        if kind not in parts:
            raise SyntaxError("no image in this WebP")
        width, height = size_of(self._data, kind, *parts[kind])
        has_alpha = kind == b"VP8L" and bool(self._data[parts[kind][0] + 4] & 0x10)
        if b"VP8X" in parts:
            has_alpha = has_alpha or bool(self._data[parts[b"VP8X"][0]] & 0x10)
        flags = flags_of(self._data)
        for kind, name, flag in _METADATA:
            if kind in parts and flags & flag:
                self.info[name] = self._data[slice(*parts[kind])]
        self._size, self._mode = (width, height), "RGBA" if has_alpha else "RGB"
        self._full = self._size
        self.tile = [ImageFile._Tile("raw", (0, 0, width, height), 0, self._mode)]

    def draft(
        self, mode: str | None, size: tuple[int, int] | None
    ) -> tuple[str, tuple[int, int, float, float]] | None:
        """Decodes at least at that size, with the image's aspect ratio."""
        del mode
        if not size:
            return None
        ratio = max(size[0] / self.width, size[1] / self.height) * _GAP
        if ratio < 1:
            self._size = max(1, round(self.width * ratio)), max(1, round(self.height * ratio))
        return self._mode, (0, 0, *self._size)

    def load(self) -> Any:
        if self.tile:
            self.tile = []
            self.im = Image.frombytes(self._mode, self._size, self._decoded()).im
            self.fp, self._data = None, b""
        return Image.Image.load(self)

    def _decoded(self) -> bytearray:
        library, config = libwebp(), _Config()
        if library is None or not library.WebPInitDecoderConfigInternal(ctypes.byref(config), _ABI):
            raise OSError("libwebp is not available")
        width, height = self._size
        stride = width * len(self._mode)
        pixels = bytearray(stride * height)
        config.options.use_scaling = int(self._size != self._full)
        config.options.scaled_width, config.options.scaled_height = width, height
        config.output.colorspace = _RGBA if self._mode == "RGBA" else _RGB
        config.output.is_external_memory = 1
        target = (ctypes.c_char * len(pixels)).from_buffer(pixels)
        config.output.u.RGBA.rgba = ctypes.addressof(target)
        config.output.u.RGBA.stride, config.output.u.RGBA.size = stride, len(pixels)
        status = library.WebPDecode(self._data, len(self._data), ctypes.byref(config))
        if status == _OUT_OF_MEMORY:
            raise MemoryError
        if status:
            raise OSError(f"libwebp cannot decode this image (status {status})")
        return pixels
