"""`imagebus list`, `events`, `get` and `delete`. Exit code 1 always means: there is no such image or file."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from imagebus_cli.options import AsJson, Key, Profile, Region, StackName


class Status(StrEnum):
    PROCESSING = "processing"
    COMPLETED = "completed"
    REJECTED = "rejected"
    FAILED = "failed"
    DELETED = "deleted"


def list_images(
    status: Annotated[
        Status | None, typer.Option(help="Only images that stand so.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Images a page.")] = 25,
    cursor: Annotated[
        str | None, typer.Option(help="Go on where another page ended.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All pages.")] = False,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """List images, newest first."""
    from rich.table import Table

    from imagebus_cli.images import lookup as images
    from imagebus_cli.output import outcome, terminal
    from imagebus_cli.output.text import bytes_text
    from imagebus_cli.stack.find import find

    found = find(stack, profile=profile, region=region)
    items, rest = images.listed(found, status.value if status else None, limit, cursor, everything=everything)
    if as_json:
        outcome.tell({"items": [images.summary(item) for item in items], "cursor": rest}, as_json)
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
        terminal.console.print(
            f"There are older ones: --cursor {rest}, or --all", style="dim", soft_wrap=True
        )


def events(
    key: Key, stack: StackName = None, profile: Profile = None, region: Region = None, as_json: AsJson = False
) -> None:
    """The events of an image's newest revision: who caused what, and the milliseconds each took."""
    from imagebus.history import view
    from imagebus.history.timeline import timeline
    from imagebus_cli.images import lookup as images
    from imagebus_cli.output import outcome, terminal
    from imagebus_cli.stack.find import find

    log = images.log(find(stack, profile=profile, region=region), key)
    if as_json:
        outcome.tell(view.timeline(log).as_json(), as_json)
        return
    for moment in timeline(log):
        name = "  " * moment.depth + moment.event.detail_type
        took = f"+{moment.own_ms} ms" if moment.cause else moment.event.occurred_at
        line = f"{moment.end_ms:>7} ms  {name:<32} {took:<12} {moment.producer}"
        terminal.console.print(terminal.safe(line), soft_wrap=True)


def get(
    key: Key,
    thumbnail: Annotated[
        str | None, typer.Option(help="This thumbnail, say 320x320.", show_default=False)
    ] = None,
    processed: Annotated[bool, typer.Option("--processed", help="The watermarked image.")] = False,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="File to write, - for standard output (default: its own name)."),
    ] = None,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Download an image: the original, or what was made of it. The file is whole, or it is not there."""
    from imagebus_cli.images import lookup as images
    from imagebus_cli.output import outcome
    from imagebus_cli.output.text import bytes_text
    from imagebus_cli.problem import Problem
    from imagebus_cli.stack.find import find

    if thumbnail is not None and processed:
        raise Problem("Either --thumbnail or --processed.", exit_code=2)
    if output == images.STDOUT and as_json:
        raise Problem("Standard output takes the image or JSON, not both.", "Name a file: -o", exit_code=2)
    found = find(stack, profile=profile, region=region)
    place = images.place(found, key, thumbnail=thumbnail, processed=processed)
    derived = thumbnail is not None or processed
    target = output or images.file_name(place["Key"] if derived else key)
    size = images.fetch(found, place, target)
    if target != images.STDOUT:
        document = {"image_key": key, "file": target, "bytes": size}
        outcome.tell(document, as_json, f"{target}: {bytes_text(size)}")


def delete(
    key: Key, stack: StackName = None, profile: Profile = None, region: Region = None, as_json: AsJson = False
) -> None:
    """Delete an image and what was made of it. Its versions and log stay; `imagebus erase` leaves nothing."""
    from imagebus_cli.images import lookup as images
    from imagebus_cli.output import outcome
    from imagebus_cli.stack.find import find

    images.delete(find(stack, profile=profile, region=region), key)
    outcome.tell({"deleted": key}, as_json, f"{key}: deleted")
