"""What every decoder offers beyond Pillow's image files."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageFile

# A limit of our own is checked on the structure, before a decoder sees the bytes.
Image.MAX_IMAGE_PIXELS = None


class Decoder(ImageFile.ImageFile):
    """An image in memory. `info` holds what is used of its metadata, as far as it can be read: `exif`,
    `icc_profile`, `cicp` (colour primaries and transfer function), `dpi`.

    After `check`, `truncated` says whether the end of the image was missing, and `read_to` is a position
    before the end and near it, 0 where that is not known.
    """

    read_to = 0
    truncated = False

    def check(self) -> None:
        """Decodes as cheaply as is possible while still finding every fault. Raises what decoders raise."""
        self.draft(None, (max(1, self.width // 16), max(1, self.height // 16)))
        self.load()

    def _bytes(self) -> bytes:
        if not isinstance(self.fp, BytesIO):
            raise TypeError("not an image in memory")
        return self.fp.getvalue()
