"""Colour spaces given by numbers instead of a profile: nclx in AVIF and HEIF, cICP, gAMA and cHRM in PNG.

They are converted to sRGB as in Chromium: primaries by a matrix in linear light, PQ and HLG by the same curve
over the brightest channel. Loaded only for images that need it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from PIL import Image, ImageFilter

Matrix = tuple[tuple[float, ...], ...]

_D65 = (0.3127, 0.3290)
# White, red, green and blue by ITU-T H.273's numbers. Those of SDTV are near sRGB's, and treated as such.
_PRIMARIES: dict[int, Sequence[tuple[float, float]]] = {
    9: (_D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    11: ((0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    12: (_D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
_SRGB = (_D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_PQ, _HLG = 16, 18
# Transfer functions with their own power. Browsers and players show BT.709's as sRGB's.
_POWERS = {4: 2.2, 5: 2.8, 8: 1.0}
# Nits of white, and of the brightest highlight if nothing else is known.
_WHITE, _PEAK = 203.0, 1000.0
# What white becomes, and how far the curve's middle point is bent to the highlights.
_AT_WHITE, _BEND = 0.5, 0.65
_STEPS = 45
_NEAR_SRGB = 0.01


def needs_conversion(info: dict[str, object]) -> bool:
    """Whether what a decoder found names a colour space other than sRGB."""
    cicp = info.get("cicp")
    if isinstance(cicp, tuple):
        return cicp[0] in _PRIMARIES or cicp[1] in (_PQ, _HLG, *_POWERS)
    gamma = info.get("gamma")
    return isinstance(gamma, float) and gamma > 0 and (_is_far(gamma) or _own_primaries(info) is not None)


def to_srgb(image: Image.Image, info: dict[str, object]) -> Image.Image:
    """L, RGB or RGBA in that colour space, as the same mode in sRGB."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    rgb = image.convert("RGB")
    cicp = info.get("cicp")
    if isinstance(cicp, tuple) and cicp[1] in (_PQ, _HLG):
        rgb = rgb.filter(_lut(_PRIMARIES.get(cicp[0], _SRGB), cicp[1]))
    else:
        power, primaries = _described(info)
        if power is not None:
            rgb = rgb.point(_curve(power) * 3)
        if primaries is not None:
            rgb = rgb.filter(_lut(primaries, 0))
    if alpha is not None:
        rgb.putalpha(alpha)
        return rgb
    return rgb.convert("L") if image.mode == "L" else rgb


def _described(info: dict[str, object]) -> tuple[float | None, Sequence[tuple[float, float]] | None]:
    cicp, gamma = info.get("cicp"), info.get("gamma")
    if isinstance(cicp, tuple):
        return _POWERS.get(cicp[1]), _PRIMARIES.get(cicp[0])
    power = 1 / gamma if isinstance(gamma, float) and gamma > 0 and _is_far(gamma) else None
    return power, _own_primaries(info)


def _is_far(gamma: float) -> bool:
    return abs(gamma - 0.45455) > _NEAR_SRGB and 0.05 < gamma < 20


def _own_primaries(info: dict[str, object]) -> Sequence[tuple[float, float]] | None:
    found = info.get("chromaticity")
    if not isinstance(found, tuple):
        return None
    points = tuple(zip(found[::2], found[1::2], strict=True))
    if all(
        abs(a - b) < _NEAR_SRGB for p, q in zip(points, _SRGB, strict=True) for a, b in zip(p, q, strict=True)
    ):
        return None
    try:
        _inverse(_to_xyz(points))
    except ZeroDivisionError:
        return None  # no colours at all
    return points


@lru_cache(maxsize=8)
def _curve(power: float) -> list[int]:
    return [round(255 * _encoded((value / 255) ** power)) for value in range(256)]


@lru_cache(maxsize=4)
def _lut(primaries: Sequence[tuple[float, float]], transfer: int) -> ImageFilter.Color3DLUT:
    """A table from pixels of these primaries to sRGB. Without a transfer function, between two encodings as
    sRGB's.
    """
    red, green, blue = _product(_inverse(_to_xyz(_SRGB)), _adapted(_to_xyz(primaries), primaries[0]))
    tone_mapped = _TONE_MAPPED.get(transfer)

    def convert(*sample: float) -> tuple[float, float, float]:
        r, g, b = tone_mapped(sample) if tone_mapped else map(_decoded, sample)
        return (
            _encoded(red[0] * r + red[1] * g + red[2] * b),
            _encoded(green[0] * r + green[1] * g + green[2] * b),
            _encoded(blue[0] * r + blue[1] * g + blue[2] * b),
        )

    return ImageFilter.Color3DLUT.generate(_STEPS, convert)


@lru_cache(maxsize=256)
def _pq_light(value: float) -> float:
    root = value ** (32 / 2523)
    return (
        float((max(0.0, root - 0.8359375) / (18.8515625 - 18.6875 * root)) ** (16384 / 2610))
        * 10_000
        / _WHITE
    )


def _pq(sample: Sequence[float]) -> tuple[float, ...]:
    """SMPTE ST 2084: light relative to white."""
    return _tone_map(tuple(map(_pq_light, sample)))


@lru_cache(maxsize=256)
def _hlg_light(value: float) -> float:
    if value <= 0.5:
        return value * value / 3
    return float((2.718281828 ** ((value - 0.55991073) / 0.17883277) + 0.28466892) / 12)


def _hlg(sample: Sequence[float]) -> tuple[float, ...]:
    """BT.2100: scene light, shown by a display of the peak's brightness; relative to white."""
    light = tuple(map(_hlg_light, sample))
    luminance = 0.2627 * light[0] + 0.6780 * light[1] + 0.0593 * light[2]
    shown = luminance**0.2 * _PEAK / _WHITE
    return _tone_map(tuple(shown * value for value in light))


_TONE_MAPPED: dict[int, Callable[[Sequence[float]], tuple[float, ...]]] = {_PQ: _pq, _HLG: _hlg}


def _tone_map(light: tuple[float, ...]) -> tuple[float, ...]:
    """As in Chromium, by the reference-white operator of SMPTE ST 2094-50: half the light up to white, then a
    quadratic Bézier curve over the brightest channel up to the peak.
    """
    brightest = max(light)
    if brightest <= 1:
        factor = _AT_WHITE
    else:
        # The curve's point at the brightest channel: from (1, half), towards the middle, to (peak, 1).
        peak = _PEAK / _WHITE
        middle = 1 + _BEND * (1 / _AT_WHITE - 1), _AT_WHITE + _BEND * (1 - _AT_WHITE)
        a, b, c = 1 - 2 * middle[0] + peak, 2 * (middle[0] - 1), 1 - min(brightest, peak)
        t = (-b + (b * b - 4 * a * c) ** 0.5) / (2 * a)
        shown = _AT_WHITE + 2 * t * (middle[1] - _AT_WHITE) + t * t * (_AT_WHITE - 2 * middle[1] + 1)
        factor = shown / brightest
    return tuple(value * factor for value in light)


@lru_cache(maxsize=256)
def _decoded(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _encoded(light: float) -> float:
    if light <= 0.0031308:
        return max(0.0, light * 12.92)
    return 1.0 if light >= 1 else float(1.055 * light ** (1 / 2.4) - 0.055)


def _to_xyz(primaries: Sequence[tuple[float, float]]) -> Matrix:
    """Linear RGB to XYZ."""
    white, *colours = ((x / y, 1.0, (1 - x - y) / y) for x, y in primaries)
    columns: Matrix = tuple(zip(*colours, strict=True))
    scales = [sum(map(float.__mul__, row, white)) for row in _inverse(columns)]
    return tuple(tuple(map(float.__mul__, row, scales)) for row in columns)


def _adapted(matrix: Matrix, white: tuple[float, float]) -> Matrix:
    """By Bradford's method, where the white is not that of sRGB."""
    if max(abs(a - b) for a, b in zip(white, _D65, strict=True)) < 0.001:
        return matrix
    cones: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
    old, new = (
        [sum(map(float.__mul__, row, (x / y, 1.0, (1 - x - y) / y))) for row in cones]
        for x, y in (white, _D65)
    )
    scaled: Matrix = tuple(
        tuple(b / a * value for value in row) for a, b, row in zip(old, new, cones, strict=True)
    )
    return _product(_product(_inverse(cones), scaled), matrix)


def _product(left: Matrix, right: Matrix) -> Matrix:
    columns = list(zip(*right, strict=True))
    return tuple(tuple(sum(map(float.__mul__, row, column)) for column in columns) for row in left)


def _inverse(m: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = m
    rows = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    determinant = a * rows[0][0] + b * rows[1][0] + c * rows[2][0]
    return tuple(tuple(value / determinant for value in row) for row in rows)
