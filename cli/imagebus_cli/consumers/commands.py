"""`imagebus try-consumer`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import Target, command

if TYPE_CHECKING:
    from imagebus_cli.consumers.trying import Trial
    from imagebus_cli.output.writer import Output


@command
def try_consumer(
    target: Target,
    out: Output,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Its folder, as new-consumer creates it.")],
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait for its events.")] = 120,
) -> None:
    """Build a consumer, deploy it, upload an image, show what it logs about the events, and erase the image.

    Exits with 1 if the events do not arrive, or if the consumer gives up on one.
    """
    from imagebus_cli.consumers import pipeline, trying
    from imagebus_cli.consumers.folder import Folder
    from imagebus_cli.output import terminal
    from imagebus_cli.problem import Problem

    consumer = Folder.at(folder)
    stack = target.find()
    parameters = pipeline.parameters(stack, layer=pipeline.LAYER in consumer.declared)
    consumer.check_pipeline(stack, parameters[pipeline.BUS])
    environment = pipeline.environment(target, stack)
    with terminal.step(f"{consumer.name} built") as say:
        say("sam build")
        consumer.build(parameters, environment)
    with terminal.step(f"{consumer.name} deployed as {consumer.stack}") as say:
        say("sam deploy")
        consumer.deploy(parameters, environment)
    outputs = consumer.outputs(stack)
    with terminal.step("one image processed") as say:
        trial = trying.run(consumer, stack, outputs, patience=timeout, say=say)
        if not trial.ok:
            say.unfinished(_complaint(consumer.name, trial, timeout).removesuffix("."))
    document = {"stack": consumer.stack, "outputs": outputs, "log": trial.log}
    lines = trial.about_it if trial.ok else trial.log
    out.write({"ok": trial.ok, **document, "events": trial.events}, *lines)
    if not trial.ok:
        raise Problem(_complaint(consumer.name, trial, timeout), _where(outputs), exit_code=1)


def _complaint(name: str, trial: Trial, timeout: float) -> str:
    if trial.given_up:
        from imagebus_cli.output.text import count

        return f"{name} gave up on {count(trial.given_up, 'event')}."
    if not trial.events:
        return f"No event of the image came within {timeout:g} s."
    return f"{name} did not finish within {timeout:g} s."


def _where(outputs: Mapping[str, str]) -> str:
    return f"Its log is {outputs['LogGroupName']}, and its dead letters are in {outputs['DeadLettersUrl']}."
