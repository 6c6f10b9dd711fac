"""`imagebus list`, `status`, `events`, `diff`, `get`, `delete` and `erase`.

Exit code 1 always means that the image or file does not exist, or (`status --watch`) did not complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import Key, Target, Timeout, command, require_watch
from imagebus_cli.images.options import Format, Status
from imagebus_cli.output.text import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imagebus.history.recorded import RecordedEvent
    from imagebus_cli.output.writer import Output
    from imagebus_cli.stack.deployed import Stack


@command
def list_images(
    stack: Stack,
    out: Output,
    status: Annotated[
        Status | None, typer.Option(help="Only images with this status.", show_default=False)
    ] = None,
    prefix: Annotated[str, typer.Option(help="Only images whose key starts with this.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100, help="Images per page.")] = 25,
    cursor: Annotated[
        str | None, typer.Option(help="Continue after an earlier page.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show all pages.")] = False,
) -> None:
    """List images, newest first."""
    from rich.table import Table

    from imagebus.listing import Filters
    from imagebus_cli.images import lookup
    from imagebus_cli.output import terminal
    from imagebus_cli.output.text import bytes_text

    filters = Filters(status=status.value if status else None, prefix=prefix)
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
    did not complete. --watch ends at once with an older outcome of the key: after a new upload or a retry,
    use `upload --watch` or `retry --watch`.
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
        str, typer.Option(help="The earlier moment: ISO 8601, or an age (90m, 36h, 7d).", show_default=False)
    ],
    to: Annotated[
        str | None,
        typer.Option(help="The later moment, in the same formats (default: now).", show_default=False),
    ] = None,
) -> None:
    """Show what changed about an image between two moments.

    Exits with 1 if the image does not exist, or was not known yet at the later moment.
    """
    from datetime import UTC, datetime

    from imagebus.clock import timestamp
    from imagebus.identity import canonical_json
    from imagebus_cli.images import past
    from imagebus_cli.moments import moment

    earlier, later = moment(at), moment(to) if to else datetime.now(UTC)
    changes = past.diff(target.find(), key, earlier, later)
    lines = [
        f"{each.field}: {'-' if each.before is None else canonical_json(each.before)} -> "
        f"{'-' if each.after is None else canonical_json(each.after)}"
        for each in changes
    ]
    document = {"key": key, "at": timestamp(earlier), "to": timestamp(later)}
    out.write(document | {"changes": [vars(each) for each in changes]}, *(lines or ["Nothing changed."]))


@command
def get(
    target: Target,
    out: Output,
    key: Key,
    thumbnail: Annotated[
        str | None, typer.Option(help="Download this thumbnail, for example 320x320.", show_default=False)
    ] = None,
    processed: Annotated[bool, typer.Option("--processed", help="Download the watermarked image.")] = False,
    image_format: Annotated[
        Format | None,
        typer.Option(
            "--format", help="Format of the thumbnail (default: the most compatible).", show_default=False
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write; - for standard output (default: the image's name, as photo.jpg, "
            "photo.320x320.jpg or photo.watermarked.jpg).",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that exists.")] = False,
) -> None:
    """Download the original or a derived image. An interrupted download leaves no file.

    Exits with 1 if the image or file does not exist, and with 2 if the file to write exists already.
    """
    from imagebus_cli.images import download, lookup
    from imagebus_cli.output.text import bytes_text
    from imagebus_cli.problem import Problem

    if thumbnail is not None and processed:
        raise Problem("Use either --thumbnail or --processed.", exit_code=2)
    if image_format and thumbnail is None:
        raise Problem("Use --format with --thumbnail.", exit_code=2)
    if output == download.STDOUT and out.as_json:
        raise Problem(
            "Standard output can take the image or JSON, not both.", "Name a file: -o FILE", exit_code=2
        )
    stack = target.find()
    if thumbnail is not None:
        place = lookup.thumbnail(stack, key, thumbnail, image_format)
    else:
        place = lookup.processed(stack, key) if processed else lookup.original(stack, key)
    derived = "watermarked" if processed else thumbnail
    file = output or download.name_of(key, derived, place["Key"])
    size = download.fetch(stack, key, place, file, force=force)
    if file != download.STDOUT:
        out.write({"image_key": key, "file": file, "bytes": size}, f"{file}: {bytes_text(size)}")


@command
def delete(stack: Stack, out: Output, key: Key) -> None:
    """Delete an image and what was derived from it. Its versions and log stay; `erase` removes those too."""
    from imagebus_cli.images import lookup

    lookup.delete(stack, key)
    out.write({"deleted": key}, f"{key}: deleted")


@command
def erase(
    stack: Stack,
    out: Output,
    key: Key,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    leftovers: Annotated[
        bool,
        typer.Option("--leftovers", help="Only what an interrupted erase left. A later upload stays."),
    ] = False,
) -> None:
    """Permanently remove an image: the original in all versions, derived images, log and status.

    Exits with 1 if there is nothing to remove, or you do not confirm.
    """
    from imagebus_cli.images import erase, lookup
    from imagebus_cli.problem import Problem

    if not yes:
        what = f"what is left of {key!r}" if leftovers else f"{key!r} with all its versions"
        typer.confirm(f"Permanently erase {what}?", abort=True, err=True)
    erased = (erase.erase_leftovers if leftovers else erase.erase)(stack, key)
    if not erased.anything:
        if leftovers:
            raise Problem(f"Nothing is left of the image {key!r}.", exit_code=1)
        raise lookup.unknown(key)
    out.write(
        {"erased": key, **vars(erased)},
        f"{key}: erased {count(erased.versions, 'version')}, {count(erased.derived, 'derived image')}, "
        f"{count(erased.items, 'log or status item', 'log and status items')}",
        "  What the archive keeps, and for how long: docs/security.md",
    )
