"""AVIF and HEIF pixels: the main image alone, as its container says it is to be shown."""

from __future__ import annotations
