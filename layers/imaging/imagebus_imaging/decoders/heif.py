"""HEIF pixels, decoded by libheif: only the main image, rotated and cropped as its container says."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pillow_heif
from PIL import Image

from imagebus_imaging.decoders.base import Decoder, cut
from imagebus_imaging.formats.isobmff import main_of

# An embedded thumbnail may differ from the validated image. One thread: more are useless when an image has
# one core, and each would reserve its own memory.
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False
pillow_heif.options.DECODE_THREADS = 1


def open_bytes(data: bytes) -> Decoder:
    main = main_of(data)
    picture = HeifPicture(BytesIO(data[: main.end]))
    if main.cicp and "icc_profile" not in picture.info:
        picture.info["cicp"] = main.cicp
    return picture


class HeifPicture(Decoder):
    """Replaces pillow-heif's plugin, which keeps two copies of the pixels."""

    format = "HEIF"
    format_description = "HEIF image"
    is_upright = True

    def _open(self) -> None:
        opener: Any = pillow_heif.HeifFile
        self._file = opener(self.fp, convert_hdr_to_8bit=True, remove_stride=False)
        self.n_frames = len(self._file)
        self._size, self._mode = self._file.size, self._file.mode
        for name in ("exif", "icc_profile"):
            if self._file.info.get(name):
                self.info[name] = self._file.info[name]

    def check(self) -> None:
        self._decode()

    def _decode(self) -> Any:
        pixels = self._file.data
        self._size = self._file.size  # certain only once it is decoded
        return pixels

    def bands(self, rows: int) -> Iterator[Image.Image] | None:
        pixels, stride = memoryview(self._decode()), self._file.stride
        self._file = self.fp = None
        return cut(self, pixels, stride, rows)

    def load(self) -> Any:
        if self._file is not None:
            pixels = self._decode()
            image = Image.frombytes(self._mode, self._size, pixels, "raw", self._mode, self._file.stride)
            self.im = image.im
            self._file = self.fp = None
        return Image.Image.load(self)
