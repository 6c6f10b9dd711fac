"""Values computed from pixels: dominant colours, ThumbHash, perceptual hash. Small images in, no numpy.

ThumbHash and the perceptual hash are implemented here because the maintained packages do not suit a Lambda
layer: the ThumbHash wheels stop at Python 3.12, and ImageHash brings numpy, scipy and PyWavelets (120 MB).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from operator import mul

from PIL import Image

_COLOURS = 5
_SAMPLE = 96
_THUMBHASH_SIDE = 100
_SHARE = [byte / 255 for byte in range(256)]


def dominant_colours(image: Image.Image) -> list[str]:
    """Up to five colours as "#rrggbb", the most frequent first; transparent pixels do not count."""
    small = image.copy()
    small.thumbnail((_SAMPLE, _SAMPLE))
    if small.mode == "RGBA":
        pixels = small.tobytes()
        opaque = b"".join(pixels[at : at + 3] for at in range(0, len(pixels), 4) if pixels[at + 3] >= 128)
    else:
        opaque = small.convert("RGB").tobytes()
    if not opaque:
        return []
    palette = Image.frombytes("RGB", (len(opaque) // 3, 1), opaque).quantize(_COLOURS)
    counts = sorted(palette.getcolors() or [], reverse=True)
    table = bytes(palette.getpalette() or [])
    colours = ["#" + table[3 * i : 3 * i + 3].hex() for _, i in counts if isinstance(i, int)]
    return list(dict.fromkeys(colours))


def perceptual_hash(image: Image.Image) -> str:
    """The 64-bit DCT hash that ImageHash calls phash, as 16 hex digits. Near images differ in few bits."""
    grey = image.convert("L").resize((32, 32), Image.Resampling.LANCZOS)
    rows = [grey.tobytes()[at : at + 32] for at in range(0, 1024, 32)]
    basis = _cosines(32, 8)
    across = [[sum(map(mul, row, wave)) for wave in basis] for row in rows]
    columns = list(zip(*across, strict=True))
    low = [sum(map(mul, columns[x], basis[y])) for y in range(8) for x in range(8)]
    ranked = sorted(low)
    median = (ranked[31] + ranked[32]) / 2
    bits = 0
    for value in low:
        bits = bits << 1 | (value > median)
    return f"{bits:016x}"


def thumbhash(image: Image.Image) -> bytes:
    """A placeholder of about 25 bytes, as in the reference implementation of ThumbHash."""
    small = image.convert("RGBA")
    small.thumbnail((_THUMBHASH_SIDE, _THUMBHASH_SIDE))
    width, height = small.size
    pixels = small.tobytes()
    red, green, blue, alpha = (list(map(_SHARE.__getitem__, pixels[n::4])) for n in range(4))
    opacity = sum(alpha)
    has_alpha = opacity < width * height
    if has_alpha:
        average = [sum(map(mul, c, alpha)) / opacity if opacity else 0.0 for c in (red, green, blue)]
        red, green, blue = (
            [a * (1 - o) + c * o for c, o in zip(channel, alpha, strict=True)]
            for channel, a in zip((red, green, blue), average, strict=True)
        )
    limit, longer = (5 if has_alpha else 7), max(width, height)
    lx = max(1, math.floor(limit * width / longer + 0.5))
    ly = max(1, math.floor(limit * height / longer + 0.5))
    luma = [(r + g + b) / 3 for r, g, b in zip(red, green, blue, strict=True)]
    yellow = [(r + g) / 2 - b for r, g, b in zip(red, green, blue, strict=True)]
    magenta = [r - g for r, g in zip(red, green, strict=True)]
    l_dc, l_ac, l_scale = _channel(luma, width, height, max(3, lx), max(3, ly))
    p_dc, p_ac, p_scale = _channel(yellow, width, height, 3, 3)
    q_dc, q_ac, q_scale = _channel(magenta, width, height, 3, 3)
    header = _half_up(63 * l_dc) | _half_up(31.5 + 31.5 * p_dc) << 6 | _half_up(31.5 + 31.5 * q_dc) << 12
    header |= _half_up(31 * l_scale) << 18 | int(has_alpha) << 23
    landscape = width > height
    shape = (ly if landscape else lx) | _half_up(63 * p_scale) << 3 | _half_up(63 * q_scale) << 9
    shape |= int(landscape) << 15
    out = bytearray(header.to_bytes(3, "little") + shape.to_bytes(2, "little"))
    waves = [*l_ac, *p_ac, *q_ac]
    if has_alpha:
        a_dc, a_ac, a_scale = _channel(alpha, width, height, 5, 5)
        out.append(_half_up(15 * a_dc) | _half_up(15 * a_scale) << 4)
        waves += a_ac
    nibbles = [_half_up(15 * wave) for wave in waves]
    nibbles += [0] * (len(nibbles) % 2)
    out += bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))
    return bytes(out)


def _channel(
    values: Sequence[float], width: int, height: int, nx: int, ny: int
) -> tuple[float, list[float], float]:
    """Constant term, waves scaled to 0..1, and their scale: a DCT done along the rows, then the columns."""
    across, down = _cosines(width, nx), _cosines(height, ny)
    rows = [values[at : at + width] for at in range(0, width * height, width)]
    columns = list(zip(*([sum(map(mul, row, wave)) for wave in across] for row in rows), strict=True))
    constant, waves = 0.0, []
    for cy in range(ny):
        for cx in range(nx):
            if cx * ny >= nx * (ny - cy):
                break
            value = sum(map(mul, columns[cx], down[cy])) / (width * height)
            if cx or cy:
                waves.append(value)
            else:
                constant = value
    scale = max(map(abs, waves), default=0.0)
    return constant, [0.5 + 0.5 / scale * wave for wave in waves] if scale else [0.0] * len(waves), scale


def _half_up(value: float) -> int:
    return math.floor(value + 0.5)


@lru_cache(maxsize=64)
def _cosines(size: int, count: int) -> list[list[float]]:
    return [[math.cos(math.pi / size * k * (n + 0.5)) for n in range(size)] for k in range(count)]
