"""`imagebus replay`, `rebuild`, `verify` and `retry`: what an operator does to logs and projections."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from imagebus_cli.options import AsJson, Profile, Region, StackName


def replay(
    start: Annotated[
        str | None,
        typer.Option("--from", help="ISO 8601, or an age: 90m, 36h, 7d (default: the archive's beginning)."),
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Likewise (default: now).")] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(help="Whom to reach: a rule's name or ARN, or a stage (default: recorder). Repeatable."),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait until all of it is recorded.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="First let the archive catch up with --to (10 minutes).")
    ] = True,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Bring archived events again, to the recorder only unless other rules are named.

    Nobody is notified: the notifier's rule takes no replays. Exits with 1 when the replay failed.
    """
    from imagebus_cli.operations import replay as replaying
    from imagebus_cli.output import outcome
    from imagebus_cli.stack.find import find

    found = find(stack, profile=profile, region=region)
    span = replaying.window(found, start, end)
    arns = replaying.rules(found, rule or [])
    ready = replaying.archived_at(found, span.end)
    if wait:
        outcome.wait_until(ready, "the archive has all events", quiet=as_json)
    name = replaying.start(found, span, arns)
    state = "STARTING"
    if follow:
        with outcome.step(f"replay {name}", quiet=as_json) as say:
            state = replaying.follow(found, name, arns, lambda progress: say(str(progress)))
    document = {
        "replay": name,
        "state": state,
        "from": span.start.isoformat(),
        "to": span.end.isoformat(),
        "rules": arns,
    }
    outcome.tell(document, as_json, f"{name}: {state.lower()}")
    if state in ("FAILED", "CANCELLED"):
        raise typer.Exit(1)


def rebuild(
    key: Annotated[
        list[str] | None, typer.Option(help="Only this image; repeatable.", show_default=False)
    ] = None,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild status items from the log: writes every item that differs. Uploads may go on meanwhile.

    Exits with 1 when an image could not be rebuilt.
    """
    from collections import Counter
    from collections.abc import Iterable

    from imagebus_cli.operations.rebuild import RebuildResult, rebuild_all, rebuild_one
    from imagebus_cli.operations.retry import required
    from imagebus_cli.output import outcome
    from imagebus_cli.stack.find import find

    found = find(stack, profile=profile, region=region)
    facts, started = required(found), time.monotonic()
    if key:
        results: Iterable[RebuildResult] = [rebuild_one(found.store, facts, each) for each in key]
    else:
        results = rebuild_all(found.table, found.store, facts)
    counts: Counter[str] = Counter()
    problems = []
    with outcome.step("rebuild", quiet=as_json) as say:
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
    outcome.tell(document, as_json, f"{counts['written']} rebuilt, {counts['same']} unchanged")
    outcome.enumerate_problems(problems, as_json)
    if problems:
        raise typer.Exit(1)


def verify(
    stack: StackName = None, profile: Profile = None, region: Region = None, as_json: AsJson = False
) -> None:
    """Check every status item against its log. Exits with 1 when one differs."""
    from imagebus.clock import SystemClock
    from imagebus_cli.operations.retry import required
    from imagebus_cli.operations.verify import verify_all
    from imagebus_cli.output import outcome
    from imagebus_cli.stack.find import find

    found = find(stack, profile=profile, region=region)
    differences, images = [], 0
    looks = verify_all(found.table, found.store, required(found), SystemClock())
    with outcome.step("verify", quiet=as_json) as say:
        for images, difference in enumerate(looks, 1):
            if difference is not None:
                differences.append({**vars(difference), "attributes": list(difference.attributes)})
            if images % 500 == 0:
                say(f"{images} images")
    outcome.tell(
        {"images": images, "differences": differences},
        as_json,
        f"{images} images, {len(differences)} differ from their log",
    )
    outcome.enumerate_problems(differences, as_json)
    if differences:
        raise typer.Exit(1)


def retry(
    key: Annotated[str | None, typer.Argument(help="The image's key.", show_default=False)] = None,
    all_failed: Annotated[
        bool, typer.Option("--all-failed", help="Every image whose status is failed.")
    ] = False,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Send what failed or stalled to its stages again, once the cause is fixed.

    Exits with 1 when the image has nothing to retry, or when an image could not be retried.
    """
    from imagebus_cli.operations.retry import RetryFailure, retry_failed, retry_one
    from imagebus_cli.output import outcome, terminal
    from imagebus_cli.problem import Problem
    from imagebus_cli.stack.find import find

    if (key is None) is not all_failed:
        raise Problem("Name one key, or say --all-failed.", exit_code=2)
    found = find(stack, profile=profile, region=region)
    retried, problems = [], []
    for result in [retry_one(found, key)] if key is not None else retry_failed(found):
        if isinstance(result, RetryFailure):
            problems.append(vars(result))
            continue
        problems += [
            {"image_key": result.image_key, "why": f"the stack has no inbox for the stage {stage}"}
            for stage in result.unreachable
        ]
        for request in result.sent:
            document = {"event": request.detail_type, "stages": list(request.stages)}
            retried.append({"image_key": result.image_key, **document})
            if not as_json:
                line = f"{result.image_key}: {request.detail_type} for {', '.join(request.stages)}"
                terminal.console.print(terminal.safe(line), soft_wrap=True)
    outcome.tell({"retried": retried, "problems": problems}, as_json, f"{len(retried)} events sent again")
    outcome.enumerate_problems(problems, as_json)
    if problems or (key is not None and not retried):
        raise typer.Exit(1)
