"""`imagebus recipe export` writes what reads as the same set, and overwrites nothing unless told to."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagebus.recipes.model import RecipeSet, Rule, Variant, Watermark
from imagebus_cli.output.text import visible
from imagebus_cli.problem import Problem
from imagebus_cli.recipes import rules, writing, yamlfile
from tests.unit.cli.recipe_world import NEW, World
from tests.unit.cli.test_recipe_switch import LOGO, call, document, world

__all__ = ["world"]

#: What YAML, terminals or text files treat specially, among all characters but lone surrogates.
ODD = "\x00\t\n\r\x1b\x7f\x85\xa0\u200d\u2028\u2029\ufeff\ufffe\U000e0001 '\"\\:#-?&*!|>%@`{}[],=<~"
TEXT = (
    st.text(st.sampled_from(ODD) | st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from(
        [
            "no",
            "null",
            "~",
            "1",
            "1e3",
            "0x1f",
            "2026-11-26",
            "<<",
            "=",
            "---",
            "...",
            "a  b",
            "a: b",
            "x" * 200,
        ]
    )
    | st.sampled_from(["09", "0100", "08:30", "1:30", "1:30.5"])
)


def set_of(**fields: Any) -> RecipeSet:
    return RecipeSet(recipes=(Rule(name="default", variants={"640": Variant(width=640)}, **fields),))


@settings(max_examples=50)
@given(text=TEXT, prefix=TEXT.filter(bool), opacity=st.floats(0, 1))
def test_what_is_exported_reads_as_the_same_set(text: str, prefix: str, opacity: float) -> None:
    mark = Watermark(text=text, opacity=opacity)
    special = Rule.read({"name": "a", "variants": {"1": {"width": 1}}, "match": {"prefix": prefix}})
    recipes = RecipeSet(recipes=(special, *set_of(watermark=mark).recipes))
    written = writing.text(recipes, None)
    for shown in (written, "\n".join(map(visible, written.splitlines()))):  # a file, and a terminal
        found, mistakes = rules.check(yamlfile.parse(shown), Path())
        assert (found, mistakes) == (recipes, [])
        assert found.id == recipes.id


def test_a_watermark_without_a_mark_is_refused_in_a_file_and_survives_an_export() -> None:
    """It is the recipe of a stack whose WatermarkText is empty, so exports state the empty text."""
    recipes = set_of(watermark=Watermark())
    assert "text: ''" in writing.text(recipes, None)
    written = writing.text(recipes, None).replace("text: ''", "scale: 0.5")
    found, (mistake,) = rules.check(yamlfile.parse(written), Path())
    assert found is None
    assert (mistake.field, "needs a text or a logo" in mistake.message) == ("recipes[0].watermark", True)


def problem(*arguments: str) -> Problem:
    found = call(*arguments).exception
    assert isinstance(found, Problem), found
    return found


def test_an_export_overwrites_only_what_it_is_told_to(world: World, tmp_path: Path) -> None:
    logo = base64.b64encode(LOGO.read_bytes()).decode()
    with_logo = set_of(watermark=Watermark(logo=logo))
    world.recipes.add(with_logo)
    world.recipes.add(NEW)
    file, picture = tmp_path / "recipes.yml", tmp_path / "logo-default.png"
    picture.write_text("mine")
    assert "logo-default.png exists" in problem("export", with_logo.id, "-o", str(file)).message
    assert not file.exists()
    document("export", NEW.id, "-o", str(file))
    refused = problem("export", NEW.id, "-o", str(file))
    assert (refused.exit_code, "--force" in refused.advice) == (2, True)
    document("export", with_logo.id, "-o", str(file), "--force")
    assert picture.read_bytes() == LOGO.read_bytes()


@pytest.mark.parametrize("name", ["none/recipes.yml", "n" * 300, "."])
def test_an_export_that_cannot_be_written_says_why(world: World, tmp_path: Path, name: str) -> None:
    world.recipes.add(NEW)
    found = problem("export", NEW.id, "-o", str(tmp_path / name), "--force")
    assert "cannot be written" in found.message
    assert found.exit_code == 2


@pytest.mark.parametrize("name", ["n" * 300, "n" * 3000, ""])
def test_a_name_that_nothing_can_have_is_unknown(world: World, name: str) -> None:
    for command in ("promote", "export", "check", "plan"):
        assert problem(command, name).exit_code in (1, 2)
