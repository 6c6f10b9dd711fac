"""A worker that was stopped after it wrote leaves nothing of an upload that is removed meanwhile."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from imagebus.image_types import EXTENSION_OF_FORMAT, OUTPUT_EXTENSIONS, OUTPUT_OF_SOURCE, SourceFormat
from imagebus.recipes.model import OutputFormat
from tests.unit.core.events import KEY
from tests.unit.workers.images import Images, picture, recipe

FORMATS = [each for each in get_args(OutputFormat) if each != "avif"]  # not every Pillow writes AVIF
EVERYTHING = recipe(
    {
        "moving": {"width": 16, "height": 16, "animated": True, "formats": FORMATS},
        "still": {"width": 32, "height": 32, "formats": FORMATS},
    },
    {"text": "© one"},
)


@pytest.mark.parametrize("stage", ["thumbnailer", "watermarker"])
@pytest.mark.parametrize(("source", "frames"), [("PNG", 1), ("JPEG", 1), ("WEBP", 1), ("GIF", 1), ("GIF", 3)])
def test_nothing_stays_of_a_removed_upload(stage: str, source: str, frames: int):
    images = Images(picture(source, frames=frames), format=source, frames=frames)
    event = images.validated(EVERYTHING)
    images.run(stage, event)
    assert images.objects
    images.s3.buckets["uploads"].keys[KEY].clear()
    images.receives = 2
    assert images.run(stage, event) == []
    assert images.objects == {}


def test_every_format_that_may_be_written_has_its_extension_in_the_list():
    written: set[Any] = {each.upper() for each in get_args(OutputFormat) if each != "source"}
    written |= {OUTPUT_OF_SOURCE.get(each, each) for each in get_args(SourceFormat)}
    assert {EXTENSION_OF_FORMAT[each] for each in written} == {*OUTPUT_EXTENSIONS}
