"""`imagebus erase`."""

from __future__ import annotations

from typing import Annotated

import typer


def erase(
    key: Annotated[str, typer.Argument(help="The image's key, as it was uploaded.")],
    stack: Annotated[
        str | None, typer.Option(help="CloudFormation stack on AWS (default: the local one).")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove an image for good: original, all versions, derived images, log and status."""
    from imagebus_cli import terminal
    from imagebus_cli.erase import erase as erase_image
    from imagebus_cli.problem import Problem
    from imagebus_cli.where import find

    found = find(stack)
    if not yes:
        typer.confirm(f"Erase {key!r} for good, with all its versions?", abort=True)
    erased = erase_image(found, key)
    if not erased.anything:
        raise Problem("There is nothing under that key.", "Keys are exact, with their folders.", exit_code=1)
    terminal.console.print(
        f"[green]✓[/] erased {erased.versions} versions, {erased.derived} derived images, "
        f"{erased.items} items of log and status"
    )
    terminal.console.print("  What stays in the archive, and for how long: docs/security.md", style="dim")
