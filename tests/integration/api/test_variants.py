"""Variants by name, by format and by Accept, before and after a promotion."""

from __future__ import annotations

import urllib.parse
from typing import Any

import pytest

from imagebus.clock import parse_timestamp
from imagebus.events import Meta
from imagebus.events.thumbnailer import Thumbnail, ThumbnailsCreated
from imagebus.events.watermarker import ImageWatermarked
from imagebus.identity import derived_prefix
from imagebus.recipes.model import Recipe, RecipeSet
from tests.integration.api.conftest import IMAGES, Answer, World
from tests.unit.api.test_accept import CHROME, SAFARI_10, SAFARI_14

ENGINE = "2026-11.6"
KEY = "a b&.jpg"
AT = "images/a%20b%26.jpg"


def recipe_set(side: int, *formats: str, sharpen: int = 0) -> RecipeSet:
    shared = {"formats": formats, "sharpen": sharpen}
    variants = {"card": {"width": side, **shared}, "large": {"width": 2 * side, **shared}}
    return RecipeSet.read(
        {"recipes": [{"name": "default", "variants": variants, "watermark": {"text": "x"}}]}
    )


OLD, NEW = recipe_set(100, "jpeg"), recipe_set(200, "avif", "webp", "jpeg")


def thumbnails(cause: Meta, recipe: Recipe) -> ThumbnailsCreated:
    prefix = derived_prefix(cause.image_key, cause.revision)
    items = [
        Thumbnail(
            name=name, bucket=IMAGES, key=f"{prefix}thumbnails/{name}.{variant.id}.{each}",
            width=variant.width or 0, height=(variant.width or 0) * 3 // 4, format=each.upper(),
            bytes=1000, sha256="b" * 64, variant=variant.output_id(each, ENGINE),
        )
        for name, variant in sorted(recipe.variants.items())
        for each in variant.formats
    ]  # fmt: skip
    return ThumbnailsCreated(recipe=f"{ENGINE}/{recipe.id}", items=tuple(items), generation=0)


def watermark(cause: Meta, recipe: Recipe) -> ImageWatermarked:
    key = f"{derived_prefix(cause.image_key, cause.revision)}watermarked.{recipe.id}.jpg"
    shape: dict[str, Any] = {"width": 800, "height": 600, "format": "JPEG", "bytes": 17}
    return ImageWatermarked(recipe=f"{ENGINE}/{recipe.id}", bucket=IMAGES, key=key, generation=0, **shape)


def derive(world: World, cause: Meta, recipes: RecipeSet) -> None:
    recipe = recipes.recipe_for(KEY, "JPEG")
    for data in (thumbnails(cause, recipe), watermark(cause, recipe)):
        world.tell(cause, data, recipe.id)


def promote(world: World, recipes: RecipeSet) -> None:
    world.recipes.promote(recipes, by="someone")
    world.clock.advance(1.1)


def completed(world: World) -> Meta:
    """An image made by OLD."""
    recipe = OLD.recipe_for(KEY, "JPEG")
    cause = world.validated(KEY, recipe=recipe.id)
    world.recipes.use_default(recipe)
    derive(world, cause, OLD)
    for name in ("metadata", "labels"):
        world.tell(cause, world.facts(cause)[name])
    return cause


def path_of(answer: Answer) -> str:
    assert answer.status == 302
    return urllib.parse.unquote(urllib.parse.urlsplit(answer.headers["location"]).path)


def test_variants_are_listed_by_name_and_format_ready_to_use(world: World) -> None:
    cause = completed(world)
    derive(world, cause, NEW)
    promote(world, NEW)
    answer = world.get(f"{AT}/variants")
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    shown = answer.json
    assert (shown["key"], shown["outdated"], shown["thumbhash"]) == (KEY, False, "U8cJ")
    assert shown["recipe"] == NEW.recipe_for(KEY, "JPEG").id
    assert list(shown["variants"]) == ["card", "large"]
    card = shown["variants"]["card"]
    assert card["link"] == f"{AT}/variants/card"
    assert [(each["format"], each["mime"]) for each in card["formats"]] == [
        ("jpeg", "image/jpeg"), ("webp", "image/webp"), ("avif", "image/avif"),
    ]  # fmt: skip
    assert [(each["width"], each["height"], each["bytes"]) for each in card["formats"]] == [
        (200, 150, 1000)
    ] * 3
    (picture,) = shown["pictures"]
    assert picture["variants"] == ["large", "card"]
    assert set(picture["srcset"]) == {"avif", "webp", "jpeg"}
    assert card["formats"][-1]["url"] in picture["srcset"]["avif"]
    assert 'data-thumbhash="U8cJ"' in picture["html"]
    assert world.get(shown["links"]["variants"]).status == 200


def test_presigned_addresses_say_when_they_expire(world: World) -> None:
    completed(world)
    answer = world.get(f"{AT}/variants")
    assert "etag" not in answer.headers
    url = answer.json["variants"]["card"]["formats"][0]["url"]
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    assert query["X-Amz-Expires"] == "300"
    now = world.clock.now().timestamp()
    assert parse_timestamp(answer.json["expires_at"]).timestamp() == pytest.approx(now + 300, abs=0.01)


def test_on_the_cdn_addresses_are_permanent_and_answers_conditional(world: World) -> None:
    completed(world)
    world.api = world.api_with(images_url="https://cdn.example")
    answer = world.get(f"{AT}/variants")
    assert "expires_at" not in answer.json
    url = answer.json["variants"]["card"]["formats"][0]["url"]
    assert url.startswith("https://cdn.example/")
    assert "?" not in url
    again = world.get(f"{AT}/variants", {"If-None-Match": answer.headers["etag"]})
    assert again.status == 304
    assert world.get(f"{AT}/variants/card").headers["location"] == url
    assert world.get(f"{AT}/thumbnails/card").headers["location"] == url
    urls = world.get(AT, urls="true").json["urls"]
    assert urls["thumbnails"]["card"] == url
    assert urls["processed"].startswith("https://cdn.example/")
    assert "X-Amz-Signature" in urls["original"]  # never public
    (item,) = world.get("images", urls="true").json["items"]
    assert item["urls"]["thumbnail"].startswith("https://cdn.example/")


@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        ({"Accept": CHROME}, {}, "avif"),
        ({"Accept": SAFARI_14}, {}, "webp"),
        ({"Accept": SAFARI_10}, {}, "jpeg"),
        ({"accept": "image/webp"}, {}, "webp"),
        ({}, {}, "jpeg"),
        ({"Accept": "*/*"}, {}, "jpeg"),
        ({"Accept": CHROME}, {"format": "jpeg"}, "jpeg"),
        ({"Accept": "text/html"}, {"format": "webp"}, "webp"),
        ({"Accept": "image/webp"}, {"format": ""}, "webp"),
    ],
)
def test_a_variant_is_a_redirect_to_the_format_that_the_caller_accepts(
    world: World, headers: dict[str, str], query: dict[str, str], expected: str
) -> None:
    derive(world, completed(world), NEW)
    promote(world, NEW)
    answer = world.get(f"{AT}/variants/card", headers, **query)
    assert path_of(answer).endswith(f".{expected}")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers.get("vary") == (None if query.get("format") else "Accept")


def test_several_accept_headers_are_one_list(world: World) -> None:
    derive(world, completed(world), NEW)
    promote(world, NEW)
    answer = world.call("GET", f"{AT}/variants/card", several={"Accept": ["image/avif;q=0.1", "image/png"]})
    assert path_of(answer).endswith(".avif")


def test_what_is_not_there_is_refused_in_words(world: World) -> None:
    completed(world)
    answer = world.get(f"{AT}/variants/poster")
    assert (answer.status, answer.json["code"]) == (404, "variant_not_found")
    assert "card, large" in answer.json["detail"]
    answer = world.get(f"{AT}/variants/card", {"Accept": "image/webp, text/html"})
    assert (answer.status, answer.json["code"], answer.headers["vary"]) == (406, "not_acceptable", "Accept")
    assert "jpeg" in answer.json["detail"]
    answer = world.get(f"{AT}/variants/card", format="webp")
    assert (answer.status, answer.json["code"]) == (404, "format_not_found")
    assert "jpeg" in answer.json["detail"]
    assert world.get(f"{AT}/variants/card", format="bmp").json["code"] == "invalid_request"
    assert world.get(f"{AT}/variants", urls="true").json["code"] == "invalid_request"
    assert world.get("images/never.jpg/variants").json["code"] == "image_not_found"


def test_an_image_at_work_has_no_variants_yet(world: World) -> None:
    world.uploaded("new.jpg")
    promote(world, NEW)
    shown = world.get("images/new.jpg/variants").json
    assert (shown["variants"], shown["pictures"], shown["outdated"]) == ({}, [], False)
    answer = world.get("images/new.jpg/variants/card")
    assert (answer.status, answer.json["code"]) == (404, "not_available")


def test_a_promotion_switches_every_answer_but_only_for_complete_images(world: World) -> None:
    cause = completed(world)
    old, new = (each.recipe_for(KEY, "JPEG") for each in (OLD, NEW))
    world.tell(cause, thumbnails(cause, new), new.id)
    promote(world, NEW)
    shown = world.get(f"{AT}/variants").json
    assert (shown["recipe"], shown["outdated"]) == (old.id, True)
    before = _everything(world)
    assert {each.rpartition(".")[0].rpartition(".")[2] for each in before} == {
        old.id, *(each.id for each in old.variants.values()),
    }  # fmt: skip
    world.tell(cause, watermark(cause, new), new.id)
    after = _everything(world)
    assert {each.rpartition(".")[0].rpartition(".")[2] for each in after} == {
        new.id, *(each.id for each in new.variants.values()),
    }  # fmt: skip
    assert world.get(f"{AT}/variants").json["outdated"] is False
    assert [each["width"] for each in world.get(AT).json["thumbnails"][::3]] == [200, 400]
    promote(world, OLD)
    assert _everything(world) == before


def _everything(world: World) -> set[str]:
    """The objects that any answer leads to."""
    urls = world.get(AT, urls="true").json["urls"]
    (item,) = world.get("images", urls="true").json["items"]
    listed = world.get(f"{AT}/variants").json["variants"].values()
    addresses = [
        urls["processed"],
        *urls["thumbnails"].values(),
        item["urls"]["thumbnail"],
        *(each["url"] for variant in listed for each in variant["formats"]),
        *(
            world.get(f"{AT}/{rest}").headers["location"]
            for rest in ("processed", "thumbnails/card", "thumbnails/large", "variants/card")
        ),
    ]
    return {urllib.parse.unquote(urllib.parse.urlsplit(each).path) for each in addresses}


def test_a_promotion_changes_the_tag_even_if_sizes_stay(world: World) -> None:
    sharper = recipe_set(100, "jpeg", sharpen=50)
    derive(world, completed(world), sharper)
    tags = [world.get(path).headers["etag"] for path in (AT, "images")]
    promote(world, sharper)
    for path, tag in zip((AT, "images"), tags, strict=True):
        assert world.get(path, {"If-None-Match": tag}).status == 200


def test_a_look_back_shows_the_recipe_that_was_active_then(world: World) -> None:
    derive(world, completed(world), NEW)
    moments = []
    for recipes in (NEW, OLD, NEW):
        moments.append(world.clock.now().isoformat().replace("+00:00", "Z"))
        world.clock.advance(1)
        promote(world, recipes)
    moments.append("2999-01-01")
    shown = [world.get(AT, at=at).json["thumbnails"] for at in moments]
    assert [each[0]["width"] for each in shown] == [100, 200, 100, 200]
    assert "urls" not in world.get(AT, at="2999-01-01", urls="true").json


def test_the_active_set_is_read_once_for_each_request(world: World) -> None:
    derive(world, completed(world), NEW)
    promote(world, NEW)
    reads: list[str] = []
    get_item = world.recipes._client.get_item

    def spy(**request: Any) -> Any:
        reads.append(request["Key"]["id"]["S"])
        return get_item(**request)

    world.recipes._client.get_item = spy
    for path in (AT, "images", f"{AT}/variants", f"{AT}/variants/card", f"{AT}/thumbnails/card"):
        reads.clear()
        world.clock.advance(2)
        assert world.get(path).status < 400
        assert reads.count("active") == 1
