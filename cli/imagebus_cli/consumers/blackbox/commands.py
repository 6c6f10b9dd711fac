"""`imagebus test-consumer`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import Target, command

if TYPE_CHECKING:
    from imagebus.testing.kit.findings import Report
    from imagebus_cli.output.terminal import Say
    from imagebus_cli.output.writer import Output


@command
def examine_consumer(
    target: Target,
    out: Output,
    consumer: Annotated[
        str, typer.Argument(metavar="FOLDER|STACK", help="Its folder, or the name of its deployed stack.")
    ],
    parameter: Annotated[
        list[str] | None, typer.Option(help="A parameter of its template, NAME=VALUE; repeatable.")
    ] = None,
    empty: Annotated[
        bool, typer.Option("--empty", help="Let the test empty the tables, buckets and queues of a stack.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the random orders.")] = 1,
) -> None:
    """Find bugs in a consumer, in any language: deliver events reordered, repeated, replayed, and newer.

    A folder is deployed on the local stack while the test runs. Exits with 1 if it finds a bug, and shows
    the shortest sequence of deliveries that causes it.
    """
    from imagebus_cli.output import terminal

    with terminal.step(f"{consumer} tested") as say:
        report = _report(target, consumer, parameter or [], say, empty=empty, seed=seed)
    out.write({"consumer": consumer, "ok": not report.findings, **report.as_json()}, *_lines(report))
    if report.findings:
        raise typer.Exit(1)


def _report(
    target: Target, consumer: str, parameter: list[str], say: Say, *, empty: bool, seed: int
) -> Report:
    """Raises Problem."""
    from imagebus_cli.consumers.blackbox.parts import Aws
    from imagebus_cli.consumers.blackbox.session import examined
    from imagebus_cli.problem import Problem

    if not Path(consumer).is_dir():
        if "/" in consumer:
            raise Problem(f"There is no folder {consumer}.", "Name a folder, or a stack.", exit_code=2)
        if parameter:
            raise Problem("--parameter is for a folder.", "The stack has its parameters.", exit_code=2)
        return examined(Aws(target.find()), consumer, None, empty=empty, seed=seed, say=say)
    if target != Target():
        advice = "Leave out --stack, or deploy it and name its stack instead of its folder."
        raise Problem("A folder is tested on the local AWS.", advice, exit_code=2)
    from imagebus_cli.consumers.blackbox.stage import staged
    from imagebus_cli.consumers.folder import Folder

    pairs = dict(each.partition("=")[::2] for each in parameter)
    folder, stack = Folder.at(Path(consumer)), target.find()
    aws = Aws(stack)
    with staged(folder, target, stack, aws, pairs, say) as stage:
        return examined(aws, stage.name, stage, empty=True, seed=seed, say=say)


def _lines(report: Report) -> list[str]:
    if report.findings:
        return str(report).splitlines()
    lines = [f"Nothing is wrong in {report.runs} runs (seed {report.seed})."]
    return lines + [f"Ignored, because it differs each time: {each}" for each in report.ignored]
