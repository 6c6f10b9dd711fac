"""What is done to an image once it is scaled: crop, sharpen, pad."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from imagebus_imaging.geometry import Shape

# The standard deviation of the blur in pixels: libvips' default, meant for screens. A wider one gives halos
# at the size of a thumbnail.
_SHARPEN_SIGMA = 0.5


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that decides the pixels of a result. Outputs that look the same are made once.

    `offset` is where the crop begins in the scaled image, or the scaled image in the padded one. `behind` is
    the colour behind transparent pixels, None where they stay transparent, and `padding` the colour around
    the image, None where there is none.
    """

    shape: Shape
    offset: tuple[int, int] = (0, 0)
    behind: str | None = None
    padding: str | None = None
    sharpen: int = 0
    linear: bool = False


def compose(image: Image.Image, look: Look) -> Image.Image:
    """The result, from the image at `look.shape.scaled`."""
    (left, top), (width, height) = look.offset, look.shape.size
    if look.padding is None and image.size != look.shape.size:
        image = image.crop((left, top, left + width, top + height))
    if look.sharpen:
        image = _sharpened(image, look.sharpen)
    return image if look.padding is None else _padded(image, look.shape.size, look.offset, look.padding)


def _sharpened(image: Image.Image, percent: int) -> Image.Image:
    """An unsharp mask. Transparent pixels have no influence on their neighbours, and alpha stays as it is."""
    from PIL import ImageFilter  # only few images need it

    blur = ImageFilter.GaussianBlur(_SHARPEN_SIGMA)
    if image.mode != "RGBA":
        return Image.blend(image.filter(blur), image, 1 + percent / 100)
    blurred = image.convert("RGBa").filter(blur).convert("RGBA")
    sharp = Image.blend(blurred.convert("RGB"), image.convert("RGB"), 1 + percent / 100)
    sharp.putalpha(image.getchannel("A"))
    return sharp


def _padded(image: Image.Image, size: tuple[int, int], at: tuple[int, int], colour: str) -> Image.Image:
    from PIL import ImageColor

    red, green, blue = ImageColor.getrgb(colour)[:3]
    grey = image.mode == "L" and red == green == blue
    out = Image.new("L", size, red) if grey else Image.new("RGB", size, (red, green, blue))
    out.paste(image, at, image.getchannel("A") if image.mode == "RGBA" else None)
    return out
