"""AVIF pixels: of the main image what its container shows, which is not always all of it."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import AvifImagePlugin, Image

from imagebus_imaging.decoders import DECODE_ERRORS
from imagebus_imaging.decoders.base import Decoder, cut
from imagebus_imaging.formats.isobmff import main_of, with_one_association_box, without_exif

# More bring nothing where an image has one core.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def open_bytes(data: bytes) -> Decoder:
    main = main_of(data)
    image_data = data[: main.end]
    if len(main.associations) > 1:
        image_data = with_one_association_box(image_data, main.associations)
    image = _opened(image_data)
    image.show_only(main.crop)
    if main.cicp and "icc_profile" not in image.info:
        image.info["cicp"] = main.cicp
    return image


def _opened(data: bytes) -> CroppedAvif:
    """A picture with broken metadata is accepted, but libavif and Pillow refuse a broken EXIF block."""
    try:
        return CroppedAvif(BytesIO(data))
    except DECODE_ERRORS:
        readable = without_exif(data)
        if readable == data:
            raise
    return CroppedAvif(BytesIO(readable))


class CroppedAvif(Decoder, AvifImagePlugin.AvifImageFile):
    """An AVIF without what its clean aperture hides: libavif leaves that to its callers."""

    _crop_box: tuple[int, int, int, int] | None = None

    def show_only(self, box: tuple[int, int, int, int] | None) -> None:
        """Before `load`. A box that is not inside the image is none."""
        self._coded = self._size
        if box and box[2] <= self._size[0] and box[3] <= self._size[1]:
            self._crop_box = box
            self._size = box[2] - box[0], box[3] - box[1]

    def check(self) -> None:
        self._pixels()

    def _pixels(self) -> memoryview:
        """Raises OSError where the coded picture is smaller than the container says."""
        pixels = memoryview(self._decoder.get_frame(0)[0])
        if len(pixels) < self._coded[0] * self._coded[1] * len(self.getbands()):
            raise OSError("the coded image is smaller than declared")
        return pixels

    def bands(self, rows: int) -> Iterator[Image.Image] | None:
        if self._crop_box:
            return None
        pixels = self._pixels()
        self.tile, self.fp = [], None
        return cut(self, pixels, len(pixels) // self.height, rows)

    def load(self) -> Any:
        if not self.tile or not self._crop_box:
            return super().load()
        self._size = self._coded
        loaded = super().load()
        shown = self.crop(self._crop_box)
        self.im, self._size = shown.im, shown.size
        return Image.Image.load(self) or loaded
