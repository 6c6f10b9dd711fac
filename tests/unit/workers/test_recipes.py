"""A recipe identifies what was done to the pixels: different pixels have a different recipe and event id."""

from __future__ import annotations

import io
from typing import Any, cast

from msgspec.structs import replace
from PIL import Image

from imagebus.recipes.model import Watermark
from imagebus.worker import Job
from watermarker.mark import watermark_work


def recipe(spec: Watermark) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, "PNG")
    job = Job(event=cast("Any", None), data=buffer.getvalue(), prefix="p/", meter=cast("Any", None))
    return watermark_work("images", spec, None)(job).discriminator


def test_another_text_is_another_watermark() -> None:
    spec = Watermark(text="© one")
    assert recipe(spec) == recipe(replace(spec))
    assert recipe(spec) != recipe(replace(spec, text="© two"))
    assert recipe(spec) != recipe(replace(spec, position="center"))
