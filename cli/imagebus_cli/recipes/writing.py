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


def text(recipes: RecipeSet, logos: Path | None) -> str:
    """YAML that reads as the same set. Raises Problem for a logo where no folder `logos` can hold it."""
    document: Any = recipes.settings()
    for rule in document["recipes"]:
        watermark = rule.get("watermark")
        if isinstance(watermark, dict) and "logo" in watermark:
            if logos is None:
                raise Problem(
                    "This set has a logo, which is a file of its own.", "Name a file: --output FILE"
                )
            name = f"logo-{rule['name']}.png"
            (logos / name).write_bytes(base64.b64decode(watermark["logo"]))
            watermark["logo"] = name
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
