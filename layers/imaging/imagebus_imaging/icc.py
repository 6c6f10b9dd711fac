"""Whether an ICC profile is sRGB, judged by its numbers, because its name can be anything."""

from __future__ import annotations

import struct

# sRGB's primaries adapted to D50, as every sRGB profile stores them.
_PRIMARIES = {
    b"rXYZ": (0.4361, 0.2225, 0.0139),
    b"gXYZ": (0.3851, 0.7169, 0.0971),
    b"bXYZ": (0.1431, 0.0606, 0.7142),
}
_TOLERANCE = 0.004
_MID_GREY = 0.2140  # sRGB's curve at one half
_MAX_TAGS = 100


def is_srgb(icc: bytes) -> bool:
    """False for a profile that is not sRGB, or not understood; the colour engine then converts it."""
    try:
        tags = _tags(icc)
        if icc[16:20] != b"RGB " or b"A2B0" in tags:
            return False
        return all(_near(tags[name], primary) for name, primary in _PRIMARIES.items()) and all(
            abs(_curve_at_half(tags[name]) - _MID_GREY) < 0.01 for name in (b"rTRC", b"gTRC", b"bTRC")
        )
    except (struct.error, LookupError, ValueError):
        return False


def _tags(icc: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", icc, 128)
    entries = (struct.unpack_from(">4sII", icc, 132 + 12 * n) for n in range(min(count, _MAX_TAGS)))
    return {name: icc[at : at + size] for name, at, size in entries}


def _near(tag: bytes, primary: tuple[float, float, float]) -> bool:
    found = struct.unpack_from(">iii", tag, 8)
    return all(abs(a / 65_536 - b) < _TOLERANCE for a, b in zip(found, primary, strict=True))


def _curve_at_half(tag: bytes) -> float:
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return 0.5
        if count == 1:
            gamma: float = struct.unpack_from(">H", tag, 12)[0] / 256
            return float(0.5**gamma)
        low, high = struct.unpack_from(">HH", tag, 12 + 2 * ((count - 1) // 2))
        return float(low if count % 2 else (low + high) / 2) / 65_535
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        gamma, a, b = (value / 65_536 for value in struct.unpack_from(">iii", tag, 12))
        return float((a * 0.5 + b) ** gamma) if kind else float(0.5**gamma)
    raise ValueError("not a curve")
