"""`imagebus new-consumer` and `try-consumer`. Both need a checkout of the repository, where tools/ is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import Target, command
from imagebus_cli.consumers.language import Language

if TYPE_CHECKING:
    from imagebus_cli.output.writer import Output


@command
def new_consumer(
    target: Target,
    out: Output,
    name: Annotated[str, typer.Argument(help="Its name: lower-case letters, digits and hyphens.")],
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


@command
def try_consumer(
    target: Target,
    out: Output,
    folder: Annotated[Path, typer.Argument(help="Its folder, as new-consumer makes it.")],
    patience: Annotated[float, typer.Option(help="Seconds to wait for its events.")] = 120,
) -> None:
    """Build a consumer, deploy it, upload an image, show what it logs about the events, and erase the image.

    Exits with 1 if it does not log the id of an event that it listens to and the upload caused.
    """
    from imagebus_cli.consumers import pipeline, trying
    from imagebus_cli.consumers.folder import Folder
    from imagebus_cli.output import terminal
    from imagebus_cli.problem import Problem

    consumer = Folder.at(folder)
    stack = target.find()
    parameters = pipeline.parameters(stack, layer=pipeline.LAYER in consumer.declared)
    environment = pipeline.environment(target, stack)
    name = consumer.path.resolve().name
    with terminal.step(f"{name} built") as say:
        say("sam build")
        consumer.build(parameters, environment)
    with terminal.step(f"{name} deployed as {consumer.stack}") as say:
        say("sam deploy")
        consumer.deploy(parameters, environment)
    outputs = consumer.outputs(stack)
    with terminal.step("one image uploaded") as say:
        trial = trying.run(consumer, stack, outputs, patience=patience, say=say)
    document = {"stack": consumer.stack, "outputs": outputs, "events": trial.events, "lines": trial.lines}
    out.write({"ok": not trial.missing, **document, "missing": trial.missing}, *trial.lines)
    if trial.missing or not trial.events:
        raise Problem(
            f"{name} did not log {' and '.join(trial.missing) or 'any event'} within {patience:g} s.",
            f"Its log is {outputs['LogGroupName']}, its dead letters are in {outputs['DeadLettersUrl']}.",
            exit_code=1,
        )
