"""The interface of our decoders, beyond Pillow's image files."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageFile

# Our own limit is checked on the structure, before a decoder sees the bytes.
Image.MAX_IMAGE_PIXELS = None


class Decoder(ImageFile.ImageFile):
    """An image in memory. `info` holds what is used of its metadata, as far as it can be read: `exif`,
    `icc_profile`, `cicp` (colour primaries and transfer function), `dpi`.

    After `check`, `truncated` says whether the end of the image was missing, and `read_to` is a position
    before the end and near it, 0 where that is not known.
    """

    #: Whether it is so large, for so few bytes, that no detail is a pixel wide.
    is_soft = False
    read_to = 0
    truncated = False
    #: Whether the decoder has applied the orientation.
    is_upright = False

    @property
    def is_grey(self) -> bool:
        """Whether the image has no colours, and so what a profile for grey applies to. Known before `load`,
        which may change the mode.
        """
        return self.mode in ("1", "L", "LA") or self.mode.startswith("I")

    def check(self) -> None:
        """Decodes as cheaply as possible while still finding every fault. Raises what decoders raise."""
        self.draft(None, (max(1, self.width // 16), max(1, self.height // 16)))
        self.load()

    def bands(self, rows: int) -> Iterator[Image.Image] | None:
        """The pixels from top to bottom, so many rows at a time; None where only all of them can be had."""
        del rows
        return None

    def _bytes(self) -> bytes:
        if not isinstance(self.fp, BytesIO):
            raise TypeError("not an image in memory")
        return self.fp.getvalue()


def cut(image: Image.Image, pixels: memoryview, stride: int, rows: int) -> Iterator[Image.Image]:
    """Bands of decoded pixels, each copied into an image of its own."""
    for top in range(0, image.height, rows):
        size = image.width, min(rows, image.height - top)
        part = pixels[top * stride : (top + size[1]) * stride]
        yield Image.frombytes(image.mode, size, part, "raw", image.mode, stride)
