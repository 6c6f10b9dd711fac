"""Write a set of recipes as YAML, with its logos as files beside it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import yaml

from imagebus.recipes.model import Recipe, RecipeSet, Rule
from imagebus_cli.problem import Problem

#: The only recipe of a stack that has promoted none.
DEFAULT_NAME = "default"


def of_default(recipe: Recipe) -> RecipeSet:
    """The recipe of the template's parameters, as a set."""
    return RecipeSet(recipes=(Rule(name=DEFAULT_NAME, variants=recipe.variants, watermark=recipe.watermark),))


def write(recipes: RecipeSet, file: Path, *, force: bool) -> None:
    """Write the file, after its logos. Raises Problem, also for a file that exists, unless `force`."""
    logos: dict[str, bytes] = {}
    contents = {file: text(recipes, logos).encode()}
    contents = {file.with_name(name): data for name, data in logos.items()} | contents
    place = file
    try:
        for place in contents:
            if place.exists() and not force:
                raise Problem(f"{place} exists.", "Name another file, or overwrite it: --force", exit_code=2)
        for place, data in contents.items():
            place.write_bytes(data)
    except OSError as error:
        raise Problem(
            f"{place} cannot be written: {error.strerror}.", "Name another file with -o.", exit_code=2
        ) from error


def text(recipes: RecipeSet, logos: dict[str, bytes] | None) -> str:
    """YAML that reads as the same set. Logos are added to `logos` by their file names.

    Raises Problem for a logo if that is None.
    """
    document: Any = recipes.settings()
    for rule in document["recipes"]:
        watermark = rule.get("watermark")
        if not isinstance(watermark, dict):
            continue
        if "logo" in watermark:
            if logos is None:
                raise Problem("This set has a logo, which is a separate file.", "Name a file: --output FILE")
            name = f"logo-{rule['name']}.png"
            logos[name] = base64.b64decode(watermark["logo"])
            watermark["logo"] = name
        else:
            watermark.setdefault("text", "")  # the default, which a file must state
    written = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return "".join(map(_escaped, written))


class _Dumper(yaml.SafeDumper):
    """Quotes texts with invisible characters. YAML reads some of them as line breaks (U+0085, U+2028), and
    terminals and editors change others (U+00A0).
    """

    def represent_str(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, None if data.isprintable() else '"')


_Dumper.add_representer(str, _Dumper.represent_str)


def _escaped(character: str) -> str:
    """They are inside double quotes, where YAML has escapes; the dumper leaves some as they are."""
    if character.isprintable() or character == "\n":
        return character
    return f"\\U{ord(character):08X}"
