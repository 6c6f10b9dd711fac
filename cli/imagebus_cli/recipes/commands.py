"""`imagebus recipe`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import command
from imagebus_cli.output.text import count

if TYPE_CHECKING:
    from imagebus_cli.output.writer import Output

app = typer.Typer(
    no_args_is_help=True,
    help="What is derived from an image: change it, prepare the images that are there, switch, go back.",
)

File = Annotated[Path, typer.Argument(help="The recipes.", metavar="[FILE]")]
RECIPES = Path("recipes.yml")


@app.command()
@command
def check(out: Output, file: File = RECIPES) -> None:
    """Check a file of recipes: every mistake with its line and field. Needs no stack.

    Exits with 1 if the file is invalid, and with 2 if it cannot be read.
    """
    from imagebus_cli.recipes import reading

    found = reading.read(file)
    recipes = found.recipes
    document = {
        "file": str(file),
        "valid": recipes is not None,
        "set": recipes.id if recipes else None,
        "recipes": {rule.name: rule.recipe.id for rule in recipes.recipes} if recipes else {},
        "mistakes": [
            {"line": each.line, "field": each.field, "message": each.message} for each in found.mistakes
        ],
    }
    lines = found.lines()
    if recipes:
        variants = sum(len(rule.variants) for rule in recipes.recipes)
        holds = f"{count(len(recipes.recipes), 'recipe')}, {count(variants, 'variant')}, set {recipes.id}"
        lines = [f"{file} is valid: {holds}"]
    out.write(document, *lines)
    if recipes is None:
        raise typer.Exit(1)
