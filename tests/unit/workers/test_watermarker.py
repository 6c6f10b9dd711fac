"""The watermarked copy is named by all that its pixels depend on, and a recipe can do without."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import Image

from imagebus.events.watermarker import Copy, ImageWatermarked, WatermarkSkipped
from imagebus.recipes.model import Watermark
from imagebus_imaging import RECIPE
from tests.unit.workers.images import Images, recipe

VARIANTS = {"small": {"width": 16, "height": 16}}
MARK = {"text": "© one"}


def watermarked(images: Images, mark: dict[str, Any], generation: int = 0) -> ImageWatermarked:
    by = recipe(VARIANTS, mark)
    event = images.request(by, "watermarker", generation=generation) if generation else images.validated(by)
    (fact,) = images.run("watermarker", event)
    assert isinstance(fact.data, ImageWatermarked)
    assert fact.data.recipe == f"{RECIPE}/{by.id}"
    return fact.data


def test_the_copy_is_named_by_its_settings():
    images = Images()
    fact = watermarked(images, MARK)
    name = f"watermarked.{Watermark.read(MARK).output_id(RECIPE)}.png"
    assert (fact.key, fact.generation) == (images.prefix + name, 0)
    assert len(images.objects[name]) == fact.bytes


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "© two"},
        {"position": "center"},
        {"opacity": 0.9},
        {"scale": 0.5},
        {"max_side": 32},
        {"format": "webp"},
        {"format": "jpeg"},
    ],
)
def test_another_setting_is_another_object(changed: dict[str, Any]):
    images = Images()
    first, second = watermarked(images, MARK), watermarked(images, MARK | changed)
    one, two = (images.objects[each.key.removeprefix(images.prefix)] for each in (first, second))
    assert first.key != second.key
    assert one != two


def test_a_logo_is_stamped_on_it():
    buffer = io.BytesIO()
    Image.new("RGBA", (8, 8), "red").save(buffer, "PNG")
    logo = {"logo": base64.b64encode(buffer.getvalue()).decode(), "opacity": 1, "position": "center"}
    images = Images()
    fact = watermarked(images, logo)
    copy = Image.open(io.BytesIO(images.objects[fact.key.removeprefix(images.prefix)])).convert("RGB")
    assert copy.getpixel((32, 24)) == (255, 0, 0)


def test_the_background_is_behind_transparent_pixels():
    buffer = io.BytesIO()
    Image.new("RGBA", (64, 48), (0, 0, 0, 0)).save(buffer, "PNG")
    images = Images(buffer.getvalue())
    fact = watermarked(images, {"text": "", "format": "jpeg", "background": "#00ff00"})
    copy = Image.open(io.BytesIO(images.objects[fact.key.removeprefix(images.prefix)])).convert("RGB")
    red, green, blue = copy.getpixel((5, 5))  # type: ignore[misc]
    assert (green > 240, max(red, blue) < 15) == (True, True)


def test_a_recipe_without_a_watermark_skips_it_and_reads_nothing():
    images = Images()
    by = recipe(VARIANTS)
    (fact,) = images.run("watermarker", images.validated(by))
    assert isinstance(fact.data, WatermarkSkipped)
    assert fact.data.recipe == f"{RECIPE}/{by.id}"
    assert (images.objects, fact.meta.usage.bytes_in) == ({}, 0)


def test_a_copy_that_another_recipe_has_made_is_only_stated(monkeypatch: pytest.MonkeyPatch):
    images = Images()
    first = watermarked(images, MARK)
    by = recipe({"other": {"width": 9}}, MARK)
    copy = Copy.from_json({name: getattr(first, name) for name in Copy.__struct_fields__})
    event = images.request(by, "watermarker", marked=copy)

    def refuse(**_: Any) -> None:
        raise AssertionError

    for name in ("get_object", "put_object"):
        monkeypatch.setattr(images.s3, name, refuse)
    (fact,) = images.run("watermarker", event)
    assert isinstance(fact.data, ImageWatermarked)
    assert (fact.data.key, fact.data.bytes) == (first.key, first.bytes)
    assert fact.data.recipe == f"{RECIPE}/{by.id}"


def test_each_use_of_a_recipe_is_a_fact_of_its_own():
    images = Images()
    facts = [watermarked(images, MARK, generation) for generation in (0, 1, 2)]
    assert [each.generation for each in facts] == [0, 1, 2]
    assert len({event.meta.event_id for event in images.bus.events}) == 3
    assert len(images.objects) == 1
