"""The languages of new consumers."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    PYTHON = "python"
    TYPESCRIPT = "typescript"

    @property
    def on_layer(self) -> bool:
        """Whether its function uses the pipeline's layer, and so the layer's runtime."""
        return self is Language.PYTHON
