"""`imagebus recipe`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import command
from imagebus_cli.output.text import count
from imagebus_cli.recipes import work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imagebus.recipes.model import RecipeSet
    from imagebus.recipes.store import Promotion
    from imagebus_cli.output.writer import Output
    from imagebus_cli.stack.deployed import Stack

app = typer.Typer(
    no_args_is_help=True,
    help="Change what is made from new and existing images.",
)

File = Annotated[Path, typer.Argument(help="The file of recipes.", metavar="FILE")]
RECIPES = Path("recipes.yml")
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@command
def check(out: Output, file: File = RECIPES) -> None:
    """List every mistake in a file of recipes, with its line and field. Needs no stack.

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


@command
def show(stack: Stack, out: Output) -> None:
    """Show the active set of recipes, earlier sets, and all promotions."""
    from imagebus_cli.recipes import showing

    found = showing.Overview.of(stack.recipes)
    out.write(found.document(), *found.lines())


@command
def export(
    stack: Stack,
    out: Output,
    recipes: Annotated[
        str | None, typer.Argument(metavar="[SET]", help="The id of a set (default: the active one).")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file, and logos next to it.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")] = False,
) -> None:
    """Print a set of recipes as YAML. If none was promoted, print the one of the template's parameters.

    Exits with 1 if the stack has no such set, and with 2 if a file exists or cannot be written.
    """
    from imagebus_cli.recipes import showing, writing

    chosen = showing.chosen(stack.recipes, recipes)
    if output:
        writing.write(chosen, output, force=force)
        out.write({"set": chosen.id, "file": str(output)}, f"{output}: set {chosen.id}")
    else:
        text = writing.text(chosen, None)
        out.write({"set": chosen.id, "yaml": text}, *text.splitlines())


@command
def promote(
    stack: Stack,
    out: Output,
    recipes: Annotated[str, typer.Argument(metavar="[FILE|SET]", help="A file, or the id of a set.")] = str(
        RECIPES
    ),
    yes: Yes = False,
    count_incomplete: Annotated[
        bool, typer.Option("--check", help="First count the images that lack something. Reads the whole log.")
    ] = False,
) -> None:
    """Switch all images to another set of recipes, at once. New uploads use it from then on.

    An image that lacks some of the set's variants keeps its old ones until a backfill has made the rest. If
    the set is active already, nothing changes.

    The last promotion is announced again first, in case its command was interrupted.

    Exits with 1 if you do not confirm, or if somebody else promoted a set in the meantime.
    """
    from imagebus_cli.output import terminal
    from imagebus_cli.recipes import switching

    chosen = switching.named(stack.recipes, recipes)
    seen = switching.announced(stack.recipes, stack.bus, stack.recipes_table)
    more = {}
    if count_incomplete:
        found = work.survey(stack, chosen)
        more = {"incomplete": len(found.lacking), "unreadable": len(found.problems)}
        keep = f"until a backfill, {count(more['incomplete'], 'image')} will keep their old variants: "
        line = (keep + switching.backfill_command(recipes)) if found.lacking else "no image lacks anything"
        line += f"; {count(more['unreadable'], 'image')} cannot be read" if found.problems else ""
        terminal.problems.print(terminal.safe(line), soft_wrap=True)
    _switch(stack, out, seen, chosen, None, yes=yes, more=more)


@command
def rollback(stack: Stack, out: Output, yes: Yes = False) -> None:
    """Switch all images back to the set of recipes that was active before, at once.

    If there was no set before, each image shows again what was made when it was uploaded. A second rollback
    goes one step further back, so look at `imagebus recipe show` before you repeat an interrupted one. The
    last promotion is announced again first, as by `promote`.

    Exits with 1 if there is no promotion to roll back, if you do not confirm, or if somebody else promoted a
    set in the meantime.
    """
    from imagebus_cli.problem import Problem
    from imagebus_cli.recipes import switching

    seen = switching.announced(stack.recipes, stack.bus, stack.recipes_table)
    try:
        before = switching.previous(seen)
    except switching.NothingBefore:
        raise Problem(
            "There is no promotion to roll back.",
            "See the promotions so far: imagebus recipe show",
            exit_code=1,
        ) from None
    to = stack.recipes.recipe_set(before) if before else None
    _switch(stack, out, seen, to, switching.ROLLBACK, yes=yes, more={})


def _switch(
    stack: Stack,
    out: Output,
    seen: Sequence[Promotion],
    to: RecipeSet | None,
    note: str | None,
    *,
    yes: bool,
    more: dict[str, int],
) -> None:
    from imagebus_cli.recipes import switching

    wanted, current = to.id if to else None, seen[0].to_set if seen else None
    if not yes and current != wanted:
        new, old = (each or switching.AS_MADE for each in (wanted, current))
        typer.confirm(f"Switch all images from {old} to {new}?", abort=True, err=True)
    by = stack.sts.get_caller_identity()["Arn"]
    switch = switching.promote(stack.recipes, stack.bus, stack.recipes_table, seen, to, by, note)
    out.write({**switch.document(), **more}, switch.line())


for each in (check, show, export, work.plan, work.backfill, promote, rollback, work.prune):
    app.command()(each)
