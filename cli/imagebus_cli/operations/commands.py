"""`imagebus replay`, `rebuild`, `verify` and `retry`: what an operator does to logs and projections."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import Target, command

if TYPE_CHECKING:
    from imagebus_cli.output.writer import Output
    from imagebus_cli.stack.deployed import Stack


@command
def replay(
    stack: Stack,
    out: Output,
    start: Annotated[
        str | None,
        typer.Option("--from", help="ISO 8601, or an age: 90m, 36h, 7d (default: start of the archive)."),
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="The same formats (default: now).")] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(help="Where to send: a rule's name or ARN, or a stage (default: recorder). Repeatable."),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait until everything is recorded.")] = False,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait/--no-wait", help="First wait until the archive has all events up to --to (10 minutes)."
        ),
    ] = True,
) -> None:
    """Replay archived events, to the recorder only unless you name other rules.

    Nobody is notified again: the notifier's rule ignores replays. Exits with 1 if the replay failed.
    """
    from imagebus_cli.operations import replay
    from imagebus_cli.output import terminal
    from imagebus_cli.output.writer import wait_until

    span = replay.window(stack, start, end)
    arns = replay.rules(stack, rule or [])
    ready = replay.archived_at(stack, span.end)
    if wait:
        wait_until(ready, "the archive has all events")
    name = replay.start(stack, span, arns)
    state = "STARTING"
    if follow:
        with terminal.step(f"replay {name}") as say:
            state = replay.follow(stack, name, arns, lambda progress: say(str(progress)))
    document = {
        "replay": name,
        "state": state,
        "from": span.start.isoformat(),
        "to": span.end.isoformat(),
        "rules": arns,
    }
    out.write(document, f"{name}: {state.lower()}")
    if state in ("FAILED", "CANCELLED"):
        raise typer.Exit(1)


@command
def rebuild(
    stack: Stack,
    out: Output,
    key: Annotated[
        list[str] | None, typer.Option(help="Only this image; repeatable.", show_default=False)
    ] = None,
) -> None:
    """Rebuild status items from the log, and write those that differ. Uploads may continue meanwhile.

    Exits with 1 if an image's log could not be folded.
    """
    from collections import Counter
    from collections.abc import Iterable

    from imagebus.clock import SystemClock
    from imagebus_cli.operations.retry import required
    from imagebus_cli.output import terminal
    from recorder.rebuild import Result, rebuild_all, rebuild_one

    facts, clock, started = required(stack), SystemClock(), time.monotonic()
    if key:
        results: Iterable[Result] = [rebuild_one(stack.store, facts, clock, each) for each in key]
    else:
        results = rebuild_all(stack.store, facts, clock)
    counts: Counter[str] = Counter()
    problems = []
    with terminal.step("rebuild") as say:
        for number, result in enumerate(results, 1):
            counts[result.rebuilt] += 1
            if result.rebuilt in ("without log", "failed"):
                problems.append({"image_key": result.image_key, "why": result.why or result.rebuilt})
            if number % 500 == 0:
                say(f"{number} images")
    seconds = round(time.monotonic() - started, 1)
    document = {
        "written": counts["written"],
        "same": counts["same"],
        "problems": problems,
        "seconds": seconds,
    }
    out.write(document, f"{counts['written']} rebuilt, {counts['same']} unchanged")
    out.problems(problems)
    if problems:
        raise typer.Exit(1)


@command
def verify(stack: Stack, out: Output) -> None:
    """Compare every status item with its log. Exits with 1 if one differs."""
    from imagebus.clock import SystemClock
    from imagebus_cli.operations.retry import required
    from imagebus_cli.output import terminal
    from recorder.rebuild import verify_all

    differences, images = [], 0
    with terminal.step("verify") as say:
        for images, difference in enumerate(verify_all(stack.store, required(stack), SystemClock()), 1):
            if difference is not None:
                differences.append({**vars(difference), "attributes": list(difference.attributes)})
            if images % 500 == 0:
                say(f"{images} images")
    out.write(
        {"images": images, "differences": differences},
        f"{images} images, {len(differences)} differ from their log",
    )
    out.problems(differences)
    if differences:
        raise typer.Exit(1)


@command
def retry(
    target: Target,
    out: Output,
    key: Annotated[str | None, typer.Argument(help="The image's key.", show_default=False)] = None,
    all_failed: Annotated[
        bool, typer.Option("--all-failed", help="Retry every image whose status is failed.")
    ] = False,
) -> None:
    """Retry what failed or stalled, after fixing the cause. Exits with 1 if there is nothing to retry."""
    from imagebus_cli.operations.retry import retry_failed, retry_one
    from imagebus_cli.output import terminal
    from imagebus_cli.problem import Problem

    if (key is None) is not all_failed:
        raise Problem("Name one key, or use --all-failed.", exit_code=2)
    stack = target.find()
    documents = []
    for retried in [retry_one(stack, key)] if key is not None else retry_failed(stack):
        for again in retried.again:
            documents.append(
                {
                    "image_key": retried.image_key,
                    "event": again.detail_type,
                    "stages": list(again.stages),
                }
            )
            if not out.as_json:
                stages = ", ".join(again.stages)
                terminal.console.print(
                    f"{terminal.safe(retried.image_key)}: {again.detail_type} for {stages}", soft_wrap=True
                )
    out.write({"retried": documents}, f"{len(documents)} events retried")
    if not documents and key is not None:
        raise typer.Exit(1)
