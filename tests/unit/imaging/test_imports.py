"""A cold start loads what the function needs, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import imagebus_imaging


def _loaded_by(statement: str) -> set[str]:
    script = f"{statement}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_importing_the_package_loads_no_imaging_library() -> None:
    assert not _loaded_by("import imagebus_imaging") & {"PIL", "PIL.Image", "cykooz_resizer", "pillow_heif"}


def test_limits_and_rejections_come_without_an_imaging_library() -> None:
    assert "PIL" not in _loaded_by("from imagebus_imaging import Limits, Output, Rejected, RECIPE")


def test_thumbnails_load_neither_the_sandbox_nor_the_other_formats() -> None:
    loaded = _loaded_by("from imagebus_imaging import thumbnails")
    assert "PIL.Image" in loaded
    unwanted = {
        "pillow_heif", "PIL.ImageCms", "PIL.ImageFont", "PIL.GifImagePlugin", "PIL.AvifImagePlugin",
        "PIL.TiffImagePlugin", "PIL.BmpImagePlugin", "imagebus_imaging.sandbox", "imagebus_imaging.metadata",
        "imagebus_imaging.validation", "imagebus_imaging.watermarking", "imagebus_imaging.trailers",
    }  # fmt: skip
    assert not loaded & unwanted


def test_public_names_are_functions_and_classes_whatever_was_imported_before() -> None:
    submodules = (
        "import imagebus_imaging.validation, imagebus_imaging.deriving, imagebus_imaging.watermarking"
    )
    names = ", ".join(imagebus_imaging.__all__)
    check = f"import types\nassert not any(isinstance(name, types.ModuleType) for name in ({names}))"
    _loaded_by(f"{submodules}\nfrom imagebus_imaging import {names}\n{check}")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'resize'"):
        _ = imagebus_imaging.resize
