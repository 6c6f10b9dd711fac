"""AVIF and HEIF pixels: only the main image, as its container displays it."""

from __future__ import annotations
