"""`imagebus list`, `status`, `events` and `diff`.

Exit code 1 always means that the image or file does not exist, or (`status --watch`) did not complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import Key, Target, Timeout, command, require_watch
from imagebus_cli.images.options import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imagebus.history.recorded import RecordedEvent
    from imagebus_cli.output.writer import Output
    from imagebus_cli.stack.deployed import Stack


@command
def list_images(
    target: Target,
    out: Output,
    status: Annotated[
        Status | None, typer.Option(help="Only images with this status.", show_default=False)
    ] = None,
    prefix: Annotated[str, typer.Option(help="Only images whose key starts with this.")] = "",
    label: Annotated[str, typer.Option(help="Only images with this label.")] = "",
    since: Annotated[
        str | None,
        typer.Option(
            help="Only images uploaded since then: ISO 8601, or an age (90m, 7d).", show_default=False
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(help="Only images uploaded before then, in the same formats.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Images per page.")] = 25,
    cursor: Annotated[
        str | None, typer.Option(help="Continue after an earlier page.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show all pages.")] = False,
) -> None:
    """List images, newest first."""
    from rich.table import Table

    from imagebus_cli.images import lookup
    from imagebus_cli.moments import moment
    from imagebus_cli.output import terminal
    from imagebus_cli.output.text import bytes_text

    filters = lookup.filters(
        status.value if status else None,
        prefix,
        label,
        moment(since) if since else None,
        moment(until) if until else None,
    )
    stack = target.find()
    items, rest = lookup.listed(stack, filters, limit, cursor, everything=everything)
    if out.as_json:
        active = lookup.active(stack)
        out.write({"items": [lookup.summary(item, active) for item in items], "cursor": rest})
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("key", overflow="fold")
    for name in ("status", "size", "created"):
        table.add_column(name, no_wrap=True, justify="right" if name == "size" else "left")
    for item in items:
        size = bytes_text(item["size"]) if "size" in item else ""
        table.add_row(terminal.safe(item["image_key"]), item["status"], size, item["created_at"])
    terminal.console.print(table if items else "No images.")
    if rest:
        terminal.console.print(f"For older images: --cursor {rest}, or --all", style="dim", soft_wrap=True)


@command
def status(
    target: Target,
    out: Output,
    key: Key,
    watch: Annotated[
        bool, typer.Option("--watch", help="Wait for the outcome, also of a key that is not known yet.")
    ] = False,
    at: Annotated[
        str | None,
        typer.Option(
            help="Show what was known then: ISO 8601, or an age (90m, 1h30m, 7d).", show_default=False
        ),
    ] = None,
    timeout: Timeout = None,
) -> None:
    """Show an image's status, outstanding stages, failures and derived images, and its ID in the logs.

    Exits with 1 if the image does not exist, or nothing was known --at that time; with --watch, also if it
    did not complete. --watch returns immediately if the key already has an outcome: after a new upload or a
    retry, use `upload --watch` or `retry --watch`.
    """
    from datetime import UTC, datetime

    from imagebus_cli.images import lookup, past
    from imagebus_cli.moments import moment
    from imagebus_cli.output import terminal
    from imagebus_cli.problem import Problem
    from imagebus_cli.uploads import tracking

    if watch and at:
        raise Problem("Use either --watch or --at.", exit_code=2)
    require_watch(timeout, watch=watch)
    when = moment(at) if at else None
    stack = target.find()
    if watch:
        tracking.watch(stack, [tracking.Upload(key, "", datetime.now(UTC))], patience=timeout)
    item = past.known(stack, key, when) if when else lookup.known(stack, key)
    details = lookup.details(item, lookup.active(stack, when))
    if out.as_json:
        out.write(details)
    else:
        for name, value in lookup.lines(item, details).items():
            terminal.console.print(f"{name:16} {terminal.safe(value)}", soft_wrap=True)
    if watch and item["status"] != "completed":
        raise typer.Exit(1)


@command
def events(
    stack: Stack,
    out: Output,
    key: Key,
    everything: Annotated[bool, typer.Option("--all", help="Show every revision, oldest first.")] = False,
) -> None:
    """Show the events of an image's newest revision: which event caused which, and how long each took."""
    from imagebus.history import view
    from imagebus_cli.images import lookup, past

    if not everything:
        log = lookup.log(stack, key)
        out.write(view.timeline(log).as_json(), *_tree(log))
        return
    revisions = past.revisions(stack, key)
    lines = []
    for log in revisions:
        lines += [f"revision {log[0].revision}", *_tree(log)]
    out.write({"key": key, "revisions": [view.timeline(log).as_json() for log in revisions]}, *lines)


def _tree(log: Sequence[RecordedEvent]) -> Iterator[str]:
    from imagebus.history.timeline import timeline

    for moment in timeline(log):
        name = "  " * moment.depth + moment.event.detail_type
        took = f"+{moment.own_ms} ms" if moment.cause else moment.event.occurred_at
        yield f"{moment.end_ms:>7} ms  {name:<32} {took:<12} {moment.producer}"


@command
def diff(
    target: Target,
    out: Output,
    key: Key,
    at: Annotated[
        str, typer.Option(help="The earlier time: ISO 8601, or an age (90m, 36h, 7d).", show_default=False)
    ],
    to: Annotated[
        str | None,
        typer.Option(help="The later time, in the same formats (default: now).", show_default=False),
    ] = None,
) -> None:
    """Show what changed about an image between two points in time.

    Exits with 1 if the image does not exist, or was not known yet at the later time.
    """
    from datetime import UTC, datetime

    from imagebus.clock import timestamp
    from imagebus.identity import canonical_json
    from imagebus_cli.images import past
    from imagebus_cli.moments import moment

    earlier, later = moment(at), moment(to) if to else datetime.now(UTC)
    changes = past.diff(target.find(), key, earlier, later)
    lines = [
        f"{each.field}: {'(none)' if each.before is None else canonical_json(each.before)} -> "
        f"{'(none)' if each.after is None else canonical_json(each.after)}"
        for each in changes
    ]
    document = {"key": key, "at": timestamp(earlier), "to": timestamp(later)}
    out.write(document | {"changes": [vars(each) for each in changes]}, *(lines or ["Nothing changed."]))
