"""`imagebus recipe check`: every mistake in a file of recipes, with its line and field."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from imagebus.recipes.model import Match, RecipeSet, Rule, Variant, Watermark
from imagebus.recipes.parameters import recipe_of
from imagebus_cli import main
from imagebus_cli.recipes import reading, rules, yamlfile
from imagebus_local import templates
from tools.contracts.recipes import recipes_schema

ROOT = Path(__file__).resolve().parents[3]
PNG = (ROOT / "examples" / "logo.png").read_bytes()
VALID = """recipes:
  - name: first
    match: { prefix: a/ }
    variants:
      small: { width: 10 }
    watermark: { logo: logo.png }
  - name: last
    variants: { small: { width: 10, quality: { jpeg: 80 } } }
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main.app, ["recipe", "check", *arguments])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "logo.png").write_bytes(PNG)
    file = tmp_path / "recipes.yml"
    file.write_text(VALID)
    return file


def mistakes(file: Path, text: str) -> list[tuple[int, str, str]]:
    file.write_text(text)
    done = run(str(file), "--json")
    assert done.exit_code == 1, done.output
    answer = json.loads(done.stdout)
    assert answer["valid"] is False
    return [(each["line"], each["field"], each["message"]) for each in answer["mistakes"]]


def test_the_default_file_is_the_recipe_of_the_default_parameters():
    template = templates.read(ROOT / "template.yml")
    value = {name: str(each.get("Default", "")) for name, each in template["Parameters"].items()}
    env = {
        "THUMBNAIL_SIZES": value["ThumbnailSizes"],
        "OUTPUT_FORMAT": value["OutputFormat"],
        "BACKGROUND": value["Background"],
        "LINEAR_LIGHT": value["LinearLight"],
        "ANIMATED_THUMBNAILS": value["AnimatedThumbnails"],
        "WATERMARK_TEXT": value["WatermarkText"],
        "WATERMARK_POSITION": value["WatermarkPosition"],
        "WATERMARK_OPACITY": value["WatermarkOpacity"],
        "WATERMARK_SCALE": value["WatermarkScale"],
        "MAX_SIDE": value["WatermarkMaxSide"],
    }
    (rule,) = reading.required(ROOT / "recipes.yml").recipes
    assert rule.recipe.id == recipe_of(env).id


def test_the_example_uses_every_field():
    def named(value: Any) -> set[str]:
        if isinstance(value, dict):
            return {*value, *(name for each in value.values() for name in named(each))}
        return {name for each in value for name in named(each)} if isinstance(value, list) else set()

    used = named(reading.required(ROOT / "examples" / "recipes.yml").settings())
    fields = {name for each in (Rule, Match, Variant, Watermark) for name in each.__struct_fields__}
    assert fields - used <= {"text", "format"}  # a mark has a text or a logo


def test_a_valid_file_and_its_ids(file: Path):
    done = run(str(file))
    assert done.exit_code == 0
    assert "is valid: 2 recipes, 2 variants" in done.stdout
    recipes = reading.required(file)
    answer = json.loads(run(str(file), "--json").stdout)
    assert answer["set"] == recipes.id
    assert answer["recipes"] == {rule.name: rule.recipe.id for rule in recipes.recipes}
    assert recipes.recipes[0].watermark == Watermark(logo=base64.b64encode(PNG).decode())


def test_writing_a_default_down_changes_no_id(file: Path):
    before = reading.required(file)
    defaults = "fit: inside, formats: [source], quality: {}, sharpen: 0"
    text = VALID.replace("{ width: 10 }", f"{{ width: 10, {defaults} }}")
    file.write_text(text.replace("logo.png", "logo.png, opacity: 0.5, scale: 0.25, max_side: 2048"))
    assert reading.required(file).id == before.id
    file.write_text(VALID.replace("{ width: 10 }", "{ width: 10, sharpen: 1 }"))
    assert reading.required(file).id != before.id


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "message"),
    [
        ("name: first", "name: First", 2, "recipes[0].name", "lower-case"),
        ("name: last", "name: first", 1, "", "same name"),
        ("{ prefix: a/ }", "{ prefix: 3 }", 3, "recipes[0].match.prefix", "Expected `str`"),
        ("{ prefix: a/ }", "{ formats: [jpg] }", 3, "recipes[0].match.formats[0]", "jpeg, png"),
        ("small: { width: 10 }", "small: { width: 0 }", 5, "recipes[0].variants.small.width", ">= 1"),
        ("small: { width: 10 }", "small: { widht: 1 }", 5, "recipes[0].variants.small.widht", "mean width?"),
        ("small: { width: 10 }", "small: {}", 5, "recipes[0].variants.small", "needs a width"),
        ("small: { width: 10 }", "small: 10", 5, "recipes[0].variants.small", "expected fields"),
        ("small: { width: 10 }", "{ Small: { width: 10 }}", 5, "recipes[0].variants.Small", "lower-case"),
        ("jpeg: 80", "jpeg: 800", 8, "recipes[1].variants.small.quality.jpeg", "<= 100"),
        ("jpeg: 80", "gif: 80", 8, "recipes[1].variants.small.quality.gif", "not one of jpeg, webp"),
        ("{ logo: logo.png }", "nothing", 6, "recipes[0].watermark", "neither none nor"),
        ("logo.png", "other.png", 6, "recipes[0].watermark.logo", "No such file"),
        ("logo.png", "recipes.yml", 6, "recipes[0].watermark.logo", "not a PNG"),
        ("{ width: 10 }", "{ width: 10, width: 11 }", 5, "recipes[0].variants.small.width", "duplicate key"),
        ("{ width: 10 }", "{ width: 10, background: }", 5, "recipes[0].variants.small.background", "quotes"),
        ("{ prefix: a/ }", "{ prefix: a/", 4, "", "not valid YAML"),
        ("name: last", "nam: last", 7, "recipes[1].nam", "mean name?"),
        ("{ width: 10 }", "&a { width: *a }", 5, "recipes[0].variants.small.width", "alias of what it is"),
        ("{ prefix: a/ }", r'{ prefix: "\ud800" }', 3, "recipes[0].match.prefix", "surrogate"),
        ("name: first", "name: !!bool maybe", 2, "recipes[0].name", "!!bool"),
        ("name: first", "name: !!timestamp abc", 2, "recipes[0].name", "!!timestamp"),
        ("{ width: 10 }", '{ width: !!int "" }', 5, "recipes[0].variants.small.width", "!!int"),
        ("{ prefix: a/ }", "!!python/object:os.system {}", 3, "recipes[0].match", "python/object"),
        (VALID, "", 0, "", "empty"),
        (VALID, "[]", 1, "", "expected fields, of recipes"),
    ],
)
def test_a_mistake_has_its_line_and_field(
    file: Path, old: str, new: str, line: int, field: str, message: str
):
    assert old in VALID
    first, *_ = mistakes(file, VALID.replace(old, new, 1))
    assert first[:2] == (line, field)
    assert message in first[2]


def test_deep_nesting_is_refused_where_it_gets_too_deep(file: Path):
    ((line, field, message),) = mistakes(file, VALID.replace("{ prefix: a/ }", "[" * 3000 + "]" * 3000))
    assert (line, field.startswith("recipes[0].match[0][0]")) == (3, True)
    assert "20 levels" in message


def test_aliases_that_multiply_are_refused(file: Path):
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for number in range(1, 10):
        text += f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]\n"
    assert mistakes(file, text) == [(4, "a3[2]", "more than 20 aliases")]


def test_a_few_aliases_are_fine(file: Path):
    text = VALID.replace("{ width: 10 }", "&small { width: 10 }")
    file.write_text(text.replace("{ width: 10, quality: { jpeg: 80 } }", "*small"))
    first, last = reading.required(file).recipes
    assert first.variants == last.variants


def test_the_example_of_the_document_is_valid_as_it_is(file: Path):
    text = (ROOT / "docs" / "recipes.md").read_text()
    file.write_text(text.split("```yaml\n")[1].split("```")[0])
    (file.parent / "logo.png").unlink()
    assert run(str(file)).exit_code == 0


def test_all_mistakes_at_once_in_the_order_of_the_lines(file: Path):
    text = VALID.replace("name: first", "name: First").replace("{ width: 10 }", "{ width: x, fit: y }")
    found = mistakes(file, text.replace("logo.png", "none.png"))
    assert [each[0] for each in found] == [2, 5, 5, 6]
    lines = run(str(file)).stdout.splitlines()
    assert re.fullmatch(r".*recipes\.yml:2: recipes\[0\]\.name: .*", lines[0])
    assert len(lines) == 4


def test_a_key_that_is_a_number_is_its_text(file: Path):
    file.write_text(VALID.replace("small: { width: 10 }", "640: { width: 640 }"))
    assert "640" in reading.required(file).recipes[0].variants


def test_a_logo_that_is_too_large(file: Path):
    (file.parent / "logo.png").write_bytes(PNG + bytes(rules.LARGEST_LOGO))
    ((line, field, message),) = mistakes(file, VALID)
    assert (line, field) == (6, "recipes[0].watermark.logo")
    assert "larger than 192 KB" in message


def test_a_logo_that_the_engine_refuses(file: Path):
    large = io.BytesIO()
    Image.new("1", (5001, 5000)).save(large, "PNG")
    for data, why in (
        (PNG[:8], "not a PNG that can be read"),
        (large.getvalue(), "more than 25000000 pixels"),
    ):
        (file.parent / "logo.png").write_bytes(data)
        ((line, field, message),) = mistakes(file, VALID)
        assert (line, field) == (6, "recipes[0].watermark.logo")
        assert re.search(why, message)


def test_a_logo_of_the_largest_size_passes_and_two_are_too_many_for_the_table(file: Path):
    (file.parent / "logo.png").write_bytes(PNG.ljust(rules.LARGEST_LOGO, b"\0"))
    assert run(str(file)).exit_code == 0
    ((_, field, message),) = mistakes(file, VALID + "    watermark: { logo: logo.png, scale: 0.3 }\n")
    assert field == ""
    assert "more than 380 KB" in message


@pytest.mark.parametrize(
    ("first", "second", "used"),
    [
        ("{ prefix: x/ }", "{ prefix: x/y/ }", False),
        ("{ prefix: x/y/ }", "{ prefix: x/ }", True),
        ("{ formats: [png, jpeg] }", "{ prefix: x/, formats: [png] }", False),
        ("{ formats: [png] }", "{ formats: [png, jpeg] }", True),
        ("{ formats: [png] }", "{ prefix: x/ }", True),
    ],
)
def test_a_recipe_after_one_that_fits_all_of_its_uploads_is_a_mistake(
    tmp_path: Path, first: str, second: str, used: bool
):
    variants = "variants: { a: { width: 1 } }"
    rules = [f"{{ name: one, match: {first}, {variants} }}", f"{{ name: two, match: {second}, {variants} }}"]
    (tmp_path / "r.yml").write_text(
        "recipes:\n" + "".join(f"  - {each}\n" for each in [*rules, f"{{ name: all, {variants} }}"])
    )
    done = run(str(tmp_path / "r.yml"))
    assert (done.exit_code == 0) is used
    assert used or "r.yml:3: recipes[1].match: one comes first" in done.stdout


@pytest.mark.parametrize("width", ["0100", "1:30", "0640", "1:30.5"])
def test_numbers_that_yaml_reads_in_an_old_way_are_mistakes(tmp_path: Path, width: str):
    recipe = "recipes: [{{ name: all, variants: {{ a: {{ width: {} }} }}, watermark: {{ text: {} }} }}]"
    (tmp_path / "r.yml").write_text(recipe.format(width, "'1:30'"))
    done = run(str(tmp_path / "r.yml"))
    assert done.exit_code == 1
    assert f"r.yml:1: recipes[0].variants.a.width: {width} is not a decimal number" in done.stdout


@pytest.mark.parametrize("text", ["'1:30'", "09", "08:30", "a:1"])
def test_texts_and_keys_that_look_like_numbers_are_valid(tmp_path: Path, text: str):
    """Also names such as 0640, because keys are text."""
    recipe = "{{ name: all, variants: {{ 0640: {{ width: 640 }} }}, watermark: {{ text: {} }} }}"
    (tmp_path / "r.yml").write_text(f"recipes: [{recipe.format(text)}]")
    assert "is valid" in run(str(tmp_path / "r.yml")).stdout


def test_a_file_that_cannot_be_read_is_wrong_usage(tmp_path: Path):
    done = run(str(tmp_path / "none.yml"))
    assert done.exit_code != 0
    assert getattr(done.exception, "exit_code", None) == 2
    (tmp_path / "latin.yml").write_bytes(b"\xe9")
    assert getattr(run(str(tmp_path / "latin.yml")).exception, "exit_code", None) == 2


def test_the_schema_for_editors_is_current_and_accepts_what_is_valid():
    text = (ROOT / "schemas" / "recipes.schema.json").read_text()
    assert text == recipes_schema()
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for name in ("recipes.yml", "examples/recipes.yml"):
        validator.validate(yamlfile.parse((ROOT / name).read_text()).value)
    broken = {"recipes": [{"name": "a", "variants": {"A": {"width": 0, "wide": 1}}}]}
    assert len(list(validator.iter_errors(broken))) >= 3
    no_quality = {"recipes": [{"name": "a", "variants": {"a": {"width": 1, "quality": {"png": 80}}}}]}
    assert len(list(validator.iter_errors(no_quality))) == 1


def test_the_schema_has_the_models_types():
    assert set(json.loads(recipes_schema())["$defs"]["Variant"]["properties"]) == set(
        Variant.__struct_fields__
    )
    assert RecipeSet.__name__ in json.loads(recipes_schema())["$defs"]
