"""GIF pixels: what the first frame does not cover is transparent, as browsers show it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from imagebus_imaging.decoders.base import Decoder


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

    def load(self) -> Any:
        box = self._uncovered()
        loaded = super().load()
        if box is None:
            return loaded
        canvas = Image.new("RGBA", self.size)
        canvas.paste(self.crop(box).convert("RGBA"), box)
        self.im, self._mode, self.palette = canvas.im, "RGBA", None
        return Image.Image.load(self)
