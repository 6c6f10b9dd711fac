"""JPEG XL pixels, where the optional decoder is installed (docs/adr/0022)."""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import Any

from PIL import Image

from imagebus_imaging.decoders.base import Decoder
from imagebus_imaging.interface import Rejected

_MODES = frozenset(("L", "LA", "RGB", "RGBA"))
_EXIF_OFFSET = 4  # the box begins with the position of the block


def open_bytes(data: bytes) -> Decoder:
    """Decodes at once: the decoder has no other entry."""
    try:
        decoder = import_module("pillow_jxl").Decoder(num_threads=0)
    except ImportError:
        raise Rejected("unsupported_format", "no decoder for JPEG XL is installed") from None
    try:
        is_jpeg, found, pixels, profile, boxes = decoder(data)
    except RuntimeError:
        raise OSError("the codestream is broken") from None
    # Rust's panics are not Exceptions.
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ != "PanicException":
            raise
        raise OSError(f"the decoder gave up: {error}") from None
    if is_jpeg:
        image: Decoder = import_module("imagebus_imaging.decoders.jpeg").open_bytes(bytes(pixels))
        image.format = "JXL"
        return image
    if found.mode not in _MODES:
        raise Rejected("unsupported_format", f"JPEG XL with {found.mode} pixels")
    info = {"icc_profile": bytes(profile)} if profile else {}
    return DecodedJxl(Image.frombytes(found.mode, (found.width, found.height), pixels), info, boxes)


class DecodedJxl(Decoder):
    """Pixels that are decoded, and upright, from the start."""

    format = "JXL"
    is_upright = True

    def __init__(self, image: Image.Image, info: dict[str, Any], boxes: list[Any]) -> None:
        self._image = image
        super().__init__(BytesIO())
        self.info.update(info)
        for box in boxes:
            if box.box_type == b"Exif":
                self.info["exif"] = bytes(box.data)[_EXIF_OFFSET:]

    def _open(self) -> None:
        self._mode, self._size = self._image.mode, self._image.size
        self.im = self._image.im
        self.tile = []

    def load(self) -> Any:
        return Image.Image.load(self)
