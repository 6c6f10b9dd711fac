"""What a function imports before its first event. Cold starts are mostly imports: docs/adr/0013."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.coldstart import HANDLERS, environment_of
from benchmarks.environment import ROOT

#: Slow to import, or of no use to a consumer.
NEVER = {
    "aws_lambda_powertools.event_handler",
    "aws_xray_sdk",
    "asyncio",
    "boto3",
    "jsonschema",
    "numpy",
    "pydantic",
    "s3transfer",
    "unittest",
    "xml.dom",
}
IMAGING = {"PIL", "cykooz_resizer", "imagebus_imaging", "isal", "pillow_heif"}
DECODES = {"validator", "thumbnailer", "watermarker", "metadata", "labels"}
#: Loaded by the first image that needs them.
LATER = {"PIL.AvifImagePlugin", "PIL.ImageCms", "PIL.TiffImagePlugin", "pillow_heif"}


def modules(name: str) -> set[str]:
    """What is loaded once the handler's module is."""
    paths = [ROOT / "layers" / "core", ROOT / "layers" / "imaging", *(ROOT / "services").iterdir()]
    code = f"import sys, {HANDLERS[name][0]}; print(*sys.modules)"
    environment = environment_of(name) | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("name", HANDLERS)
def test_a_function_starts_without_what_it_does_not_need(name: str) -> None:
    unwanted = NEVER | (LATER if name in DECODES else IMAGING)
    assert unwanted & modules(name) == set()
