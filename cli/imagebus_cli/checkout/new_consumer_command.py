"""`imagebus new-consumer`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imagebus_cli.options import AsJson


def new_consumer(
    name: Annotated[str, typer.Argument(help="What it is called: lower-case letters, digits and hyphens.")],
    on: Annotated[str, typer.Option(help="The events it listens to, comma-separated (docs/events.md).")],
    into: Annotated[Path, typer.Option(help="Where its folder is made.", file_okay=False)] = Path(),
    replay_safe: Annotated[
        bool,
        typer.Option(
            "--replay-safe/--live-only",
            help="Whether replayed events reach it: only where doing it again changes nothing.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a consumer of the pipeline's events: a folder with a stack of its own, ready to deploy."""
    from imagebus_cli.output import outcome, terminal
    from tools import ROOT
    from tools.contracts.files import ContractFiles
    from tools.scaffold.consumer import consumer
    from tools.scaffold.render import write

    made = consumer(name, on.split(","), replay_safe=replay_safe)
    folder = write(made, into, ContractFiles(ROOT))
    listens_to = [each.detail_type for each in made.events]
    if as_json:
        files = sorted(str(path) for path in folder.rglob("*") if path.is_file())
        outcome.tell({"folder": str(folder), "listens_to": listens_to, "files": files}, as_json)
        return
    show = terminal.console.print
    shown = terminal.safe(str(folder))
    show(f"[green]✓[/] {shown} listens to {', '.join(listens_to)}.")
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name != "events"):
        show(f"  {terminal.safe(str(path))}", soft_wrap=True)
    show(f"\nNext: cd {shown}, pytest, sam deploy. Its README.md says more.", soft_wrap=True)
