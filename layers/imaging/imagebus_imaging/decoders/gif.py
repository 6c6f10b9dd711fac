"""GIF pixels: what the first frame does not cover is transparent, as browsers show it."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from imagebus_imaging.decoders.base import Decoder

_BAND_PIXELS = 1_000_000


def open_bytes(data: bytes) -> Decoder:
    return CoveredGif(BytesIO(data))


class CoveredGif(Decoder, GifImageFile):
    """The first frame on its canvas. Where the frame is smaller and has no transparent colour, Pillow fills
    the rest with the first colour of the palette.
    """

    @property
    def has_transparency_data(self) -> bool:
        return super().has_transparency_data or self._uncovered() is not None

    def _uncovered(self) -> tuple[int, int, int, int] | None:
        """The frame's box, when it leaves some of the canvas uncovered."""
        if not self.tile or self.tell() or "transparency" in self.info:
            return None
        box: tuple[int, int, int, int] = self.tile[0][1]  # type: ignore[assignment]
        return None if box == (0, 0, *self.size) else box

    def check(self) -> None:
        super().load()

    def bands(self, rows: int) -> Iterator[Image.Image] | None:
        box = self._uncovered()
        if box is None:
            return None
        super().load()
        return self._covered(box, rows)

    def _covered(self, box: tuple[int, int, int, int], rows: int) -> Iterator[Image.Image]:
        """A band at a time, because all of them have four bytes for each pixel, and the frame has one."""
        left, upper, right, lower = box
        for top in range(0, self.height, rows):
            band = Image.new("RGBA", (self.width, min(rows, self.height - top)))
            part = left, max(upper, top), right, min(lower, top + band.height)
            if part[1] < part[3]:
                band.paste(self.crop(part).convert("RGBA"), (left, part[1] - top))
            yield band

    def load(self) -> Any:
        box = self._uncovered()
        loaded = super().load()
        if box is None:
            return loaded
        canvas, rows = Image.new("RGBA", self.size), max(1, _BAND_PIXELS // self.width)
        for number, band in enumerate(self._covered(box, rows)):
            canvas.paste(band, (0, number * rows))
        self.im, self._mode, self.palette = canvas.im, "RGBA", None
        return Image.Image.load(self)
