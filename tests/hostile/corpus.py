"""All of them."""

from __future__ import annotations

from tests.hostile import jpegs, others, pngs
from tests.hostile.base import Hostile

CORPUS: tuple[Hostile, ...] = (*jpegs.FILES, *pngs.FILES, *others.FILES)
