"""The entry point of the `imagebus` command.

Commands import what they need when they run, so that `imagebus --help` and completion stay fast.

Exit codes: 0 success; 1 the answer is no (docs/cli.md says what that means for each command); 2 usage error;
3 the command could not run (no stack, a busy port, a missing tool) and said what to do; 130 interrupted.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Mapping
from inspect import getdoc
from typing import Annotated

import typer

from imagebus_cli import checkout, pages
from imagebus_cli.adopt import commands as adopt
from imagebus_cli.consumers import commands as consumers
from imagebus_cli.consumers.blackbox.commands import examine_consumer
from imagebus_cli.demo import commands as demo
from imagebus_cli.images import chosen
from imagebus_cli.images import commands as images
from imagebus_cli.images.inspect import inspect
from imagebus_cli.local import commands as local
from imagebus_cli.measure import commands as measure
from imagebus_cli.operations import commands as operations
from imagebus_cli.problem import explain
from imagebus_cli.recipes import commands as recipes
from imagebus_cli.stack import commands as stack
from imagebus_cli.stack import lifecycle
from imagebus_cli.startup import lighten
from imagebus_cli.uploads import commands as uploads

#: The commands by topic, as `--help` shows them.
PANELS: Mapping[str, Mapping[str, Callable[..., None] | typer.Typer]] = {
    "Images": {
        "upload": uploads.upload,
        "list": images.list_images,
        "status": images.status,
        "events": images.events,
        "diff": images.diff,
        "get": chosen.get,
        "delete": chosen.delete,
        "erase": chosen.erase,
        "retry": operations.retry,
    },
    "A stack": {
        "deploy": lifecycle.deploy,
        "doctor": stack.doctor,
        "smoke": stack.smoke,
        "import": adopt.import_objects,
        "recipe": recipes.app,
        "cost": measure.cost,
        "replay": operations.replay,
        "rebuild": operations.rebuild,
        "verify": operations.verify,
        "destroy": lifecycle.destroy,
    },
    "This computer": {
        "demo": demo.demo,
        "local": local.app,
        "latency": measure.latency,
        "load": measure.load,
        "inspect": inspect,
    },
    "Development, in a checkout": {
        "new-consumer": checkout.new_consumer,
        "try-consumer": consumers.try_consumer,
        "test-consumer": examine_consumer,
        "schemas": checkout.schemas,
        "contracts": checkout.contracts,
    },
}

app = typer.Typer(
    name="imagebus",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    cls=pages.Group,
    context_settings=pages.SETTINGS,
)
for panel, commands in PANELS.items():
    for name, each in commands.items():
        if isinstance(each, typer.Typer):
            app.add_typer(each, name=name, rich_help_panel=panel, cls=pages.Group)
        else:
            app.command(name, rich_help_panel=panel)(each)
for group in (app, *(each.typer_instance for each in app.registered_groups)):
    for registered in group.registered_commands if group else ():
        # Typer breaks the lines of a docstring where they are broken, whatever the width of the terminal.
        registered.cls = pages.Command
        paragraphs = getdoc(registered.callback) or ""
        registered.help = re.sub(r"(?<!\n)\n(?!\n)", " ", paragraphs)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"imagebus {version('imagebus')}")
        raise typer.Exit


@app.callback()
def imagebus(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Event-driven image processing on AWS, and on your machine."""


def main() -> None:
    """Run the command. An error that a person can fix is explained in two lines; others are a traceback."""
    lighten()
    if isinstance(sys.stdout, io.TextIOWrapper):  # not every terminal can show every key
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except Exception as error:
        problem = explain(error)
        if problem is None:
            raise
        from imagebus_cli.output import terminal

        terminal.problem(problem)
        sys.exit(problem.exit_code)


if __name__ == "__main__":
    main()
