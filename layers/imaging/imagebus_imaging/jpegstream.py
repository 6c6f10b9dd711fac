"""JPEG pixels, decoded piece by piece, so that it is known how much of the file is pixels."""

from __future__ import annotations

from PIL import Image, ImageFile

_PIECE = 1 << 16


def decode(image: ImageFile.ImageFile, data: bytes) -> int:
    """Decodes as `image.load()` would, and returns a position at or before the end of image.

    What lies in front of it, the decoder took for pixels, and no end of image was among it: libjpeg asks for
    nothing more once it has seen one. Raises OSError for data that is broken or cut off.
    """
    image.load_prepare()
    [(codec, extents, _, args)] = image.tile
    decoder = Image._getdecoder(image.mode, codec, args, image.decoderconfig)
    at = end = taken = error = 0
    try:
        decoder.setimage(image.im, extents)
        while taken >= 0:
            if end == len(data):
                raise OSError("the file ends before the end of image")
            at, end = at + taken, min(len(data), end + _PIECE)
            taken, error = decoder.decode(data[at:end])
    finally:
        decoder.cleanup()
    if error < 0:
        raise OSError("broken image data")
    return at
