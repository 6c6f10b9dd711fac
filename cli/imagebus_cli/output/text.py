"""Text for people."""

from __future__ import annotations

#: Joins emoji into one; the only invisible character that a key may show.
ZERO_WIDTH_JOINER = "\u200d"


def visible(text: str) -> str:
    """Show control, direction and other invisible characters as \\uXXXX, so no key can look like another."""
    return "".join(
        char if char.isprintable() or char == ZERO_WIDTH_JOINER else f"\\u{ord(char):04x}" for char in text
    )


def bytes_text(size: int) -> str:
    """1234567 as "1.2 MB"."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 99.95 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
