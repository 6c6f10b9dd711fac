"""`imagebus replay`, `rebuild`, `verify` and `retry`: operate on logs and projections."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import Target, Timeout, command, require_watch
from imagebus_cli.images import several
from imagebus_cli.images.several import Keys

if TYPE_CHECKING:
    from imagebus_cli.output.writer import Output
    from imagebus_cli.stack.deployed import Stack


@command
def replay(
    stack: Stack,
    out: Output,
    start: Annotated[
        str | None,
        typer.Option("--from", help="ISO 8601, or an age: 90m, 1h30m, 7d (default: start of the archive)."),
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="The same formats (default: now).")] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(help="Where to send: a rule's name or ARN, or a stage (default: recorder). Repeatable."),
    ] = None,
    to_consumer: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Where to send: a consumer, by its stack's name. Repeatable."),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait until everything has been handled.")] = False,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait/--no-wait", help="First wait until the archive has all events up to --to (10 minutes)."
        ),
    ] = True,
) -> None:
    """Replay archived events, to the recorder only unless you name other rules.

    Nobody is notified again: the notifier's rule ignores replays. Such a rule is refused here, since nothing
    would reach it. Exits with 1 if the replay failed.
    """
    from datetime import UTC, datetime

    from imagebus_cli.operations import replay
    from imagebus_cli.output import terminal
    from imagebus_cli.output.writer import wait_until

    span = replay.window(stack, start, end)
    arns = replay.rules(stack, rule or [], to_consumer or [])
    ready = replay.archived_at(stack, span.end)
    if wait:
        wait_until(ready, "the archive has all events")
    span = replay.with_margin(span, datetime.now(UTC))
    name = replay.start(stack, span, arns)
    state = "STARTING"
    if follow:
        with terminal.step(f"replay {name}") as say:
            state = replay.follow(stack, name, arns, lambda progress: say(str(progress)))
            if state in ("FAILED", "CANCELLED"):
                say.unfinished(state.lower())
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

    Exits with 1 if an image could not be rebuilt.
    """
    from collections import Counter
    from collections.abc import Iterable

    from imagebus_cli.operations.rebuild import RebuildResult, rebuild_all, rebuild_one
    from imagebus_cli.operations.retry import required
    from imagebus_cli.output import terminal
    from imagebus_cli.output.text import count

    facts, started = required(stack), time.monotonic()
    if key:
        results: Iterable[RebuildResult] = [rebuild_one(stack.store, facts, each) for each in key]
    else:
        results = rebuild_all(stack.table, stack.store, facts)
    counts: Counter[str] = Counter()
    problems = []
    with terminal.step("rebuild") as say:
        for number, result in enumerate(results, 1):
            counts[result.rebuilt] += 1
            if result.rebuilt in ("without log", "failed"):
                problems.append({"image_key": result.image_key, "why": result.why or result.rebuilt})
            if number % 500 == 0:
                say(f"{number} images")
        if problems:
            say.unfinished(f"{count(len(problems), 'image')} could not be rebuilt")
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
def verify(
    stack: Stack,
    out: Output,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Check at most this many images.", show_default=False)
    ] = None,
    prefix: Annotated[str, typer.Option(help="Only images whose key starts with this.")] = "",
    expect: Annotated[
        list[str] | None,
        typer.Option(help="An attribute that may differ; repeatable.", show_default=False),
    ] = None,
    objects: Annotated[
        bool,
        typer.Option("--objects", help="Also look at objects and versions: two requests per image."),
    ] = False,
    facts: Annotated[
        str | None,
        typer.Option("--required-facts", help="Fold as if the stack required these.", show_default=False),
    ] = None,
) -> None:
    """Compare every status item with what the code of this checkout computes from the log.

    Before a deploy it shows what the new code would change. It names the command that fixes each image. Exits
    with 1 if an item differs in anything that you did not --expect.
    """
    from imagebus.clock import SystemClock
    from imagebus_cli.operations import gate, leftovers
    from imagebus_cli.operations.retry import required
    from imagebus_cli.operations.verify import verify_all
    from imagebus_cli.output import terminal

    summary = gate.Summary(expect or ())
    images = gate.chosen(stack.table.images(), prefix, sample)
    needed = gate.required_facts(facts) if facts is not None else required(stack)
    left = leftovers.Leftovers(stack, objects=objects)
    found = verify_all(images, stack.store, needed, SystemClock(), left.checks, left.settling)
    with terminal.step("verify") as say:
        for difference in found:
            summary.add(difference)
            if summary.images % 500 == 0:
                say(f"{summary.images} images")
        if objects and sample is None and not prefix:
            summary.differences += [*left.versions(), *left.derived()]
    document = summary.document()
    out.write(document, *summary.lines())
    out.problems(document["differences"])
    if summary.unexpected:
        raise typer.Exit(1)


@command
def retry(
    target: Target,
    out: Output,
    keys: Keys = None,
    prefix: Annotated[
        str | None,
        typer.Option(help="Retry every failed image whose key starts with this.", show_default=False),
    ] = None,
    all_failed: Annotated[
        bool, typer.Option("--all-failed", help="Retry every image whose status is failed.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Then wait until the images are no longer failed.")
    ] = False,
    timeout: Timeout = None,
) -> None:
    """Retry what failed or stalled, after fixing the cause.

    If an event from S3 was lost, so that the status disagrees with S3, ingest looks at S3 again.

    Exits with 1 if an image has nothing to retry or could not be retried; with --watch, also if it did not
    complete. If a stage fails again, the image stays failed.
    """
    from imagebus_cli.operations import retry as retrying

    chosen = several.require_choice(keys, prefix, all_failed)
    require_watch(timeout, watch=watch)
    stack = target.find()
    if not chosen:
        chosen = retrying.failed(stack, prefix or "")
    retries = retrying.retrier(stack)
    outcomes = several.each(lambda key: retrying.outcome(stack, retries, key), chosen, "retried", at_once=1)
    if watch:
        outcomes = retrying.watched(stack, outcomes, timeout)
    several.report(out, outcomes, nothing="No image has failed.")
