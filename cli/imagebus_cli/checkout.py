"""`imagebus new-consumer`, `schemas` and `contracts`, which need a checkout: they use tools/."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import Target, command
from imagebus_cli.consumers.language import Language

if TYPE_CHECKING:
    from imagebus_cli.output.writer import Output

schemas = typer.Typer(help="Check the event contracts and release them.", no_args_is_help=True)

contracts = typer.Typer(help="Check that events have what consumers rely on.", no_args_is_help=True)


@command
def new_consumer(
    target: Target,
    out: Output,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Its name: lower-case letters, digits and hyphens.")
    ],
    on: Annotated[str, typer.Option(help="The events it listens to, comma-separated (docs/events.md).")],
    language: Annotated[Language, typer.Option(help="The language of its function.")] = Language.PYTHON,
    into: Annotated[Path, typer.Option(help="Where to create its folder.", file_okay=False)] = Path(),
    replay_safe: Annotated[
        bool,
        typer.Option(
            "--replay-safe/--live-only",
            help="Whether it receives replayed events. Only safe if handling an event twice changes nothing.",
        ),
    ] = False,
) -> None:
    """Create a consumer of the pipeline's events: a folder with its own stack, ready to deploy.

    It listens to the stack imagebus, or to the one that --stack names, and knows its bus, layer and runtime.
    """
    from imagebus_cli.consumers import pipeline
    from imagebus_cli.output import terminal
    from imagebus_cli.output.text import program
    from tools import ROOT
    from tools.contracts.files import ContractFiles
    from tools.scaffold.consumer import consumer
    from tools.scaffold.render import write

    named = target != Target()
    parameters = pipeline.parameters(target.find(), layer=language.on_layer) if named else None
    made = consumer(name, on.split(","), replay_safe=replay_safe, language=language, parameters=parameters)
    folder = write(made, into, ContractFiles(ROOT))
    listens_to = [each.detail_type for each in made.events]
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if out.as_json:
        out.write({"folder": str(folder), "listens_to": listens_to, "files": list(map(str, files))})
        return
    show = terminal.console.print
    shown = terminal.safe(str(folder))
    show(f"[green]✓[/] {shown} listens to {', '.join(listens_to)}.")
    for path in files:
        if path.parent.name != "events":
            show(f"  {terminal.safe(str(path))}", soft_wrap=True)
    show(f"\nNext: {program()} try-consumer {shown}    See its README.md.", soft_wrap=True)


@schemas.command()
@command
def check(out: Output) -> None:
    """Check that no contract breaks what was released. Exits with 1 if one does. `make check` runs this."""
    from tools import ROOT
    from tools.contracts.files import ContractFiles
    from tools.contracts.gate import problems

    _refuse(problems(ContractFiles(ROOT)), out)
    out.write({"ok": True, "problems": []}, "No released contract is broken.")


@schemas.command()
@command
def release(out: Output) -> None:
    """Release the contracts as they are now: from here on they may only grow.

    Exits with 1, and writes nothing, if one of them breaks what was released before.
    """
    from tools import ROOT
    from tools.contracts import gate
    from tools.contracts.files import ContractFiles

    files = ContractFiles(ROOT)
    _refuse(gate.problems(files), out)
    written = [str(path.relative_to(ROOT)) for path in gate.release(files)]
    document = {"ok": True, "problems": [], "written": written}
    out.write(document, *(written or ["Nothing has changed since the last release."]))


@contracts.command()
@command
def verify(
    out: Output,
    folders: Annotated[
        list[Path], typer.Argument(help="Folders of consumers, each with a contracts.yml.", metavar="FOLDER")
    ],
    against: Annotated[
        str | None,
        typer.Option(help="Check against other schemas: a folder of them, or a commit or branch."),
    ] = None,
) -> None:
    """Check that the events have the fields that consumers rely on, as listed in their contracts.yml.

    Exits with 1 if something is missing or different. docs/clients.md describes the file.
    """
    from tools import ROOT
    from tools.contracts import reliance
    from tools.contracts.declared import declaration
    from tools.contracts.files import ContractFiles

    files = ContractFiles(ROOT)
    schemas = reliance.changed(files, against) if against else reliance.present(files)
    declared = [declaration(folder) for folder in folders]
    _refuse([str(each) for one in declared for each in reliance.broken(one, schemas)], out)
    lines = [f"Nothing that {each.consumer} relies on is missing or different." for each in declared]
    out.write({"ok": True, "problems": []}, *lines)


def _refuse(problems: list[str], out: Output) -> None:
    """Exit with 1 if there are any."""
    if not problems:
        return
    if out.as_json:
        out.write({"ok": False, "problems": problems})
    for sentence in problems:
        typer.echo(f"✗ {sentence}", err=True)
    raise typer.Exit(1)
