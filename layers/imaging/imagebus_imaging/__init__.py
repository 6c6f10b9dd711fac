"""The image engine: bytes in, results out; no AWS, no files, no network.

Names are loaded on first use, so that a function that makes thumbnails does not load, at cold start, what
only validation or metadata needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imagebus_imaging.deriving import derive, thumbnails
    from imagebus_imaging.interface import (
        RECIPE,
        AnalysisJpeg,
        Derived,
        Description,
        ImageInfo,
        Limits,
        Output,
        Rejected,
    )
    from imagebus_imaging.metadata import analysis_jpeg, describe
    from imagebus_imaging.validation import validate
    from imagebus_imaging.watermarking import watermark

__all__ = [
    "RECIPE",
    "AnalysisJpeg",
    "Derived",
    "Description",
    "ImageInfo",
    "Limits",
    "Output",
    "Rejected",
    "analysis_jpeg",
    "derive",
    "describe",
    "thumbnails",
    "validate",
    "watermark",
]

_HOME = {
    "RECIPE": "interface",
    "AnalysisJpeg": "interface",
    "Derived": "interface",
    "Description": "interface",
    "ImageInfo": "interface",
    "Limits": "interface",
    "Output": "interface",
    "Rejected": "interface",
    "analysis_jpeg": "metadata",
    "derive": "deriving",
    "describe": "metadata",
    "thumbnails": "deriving",
    "validate": "validation",
    "watermark": "watermarking",
}


# Submodules are named after the activity (`validation`), functions after the action (`validate`): importing a
# submodule binds its name on the package, and must not hide the function.
def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
