"""What the demo prints."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from imagebus.history.recorded import RecordedEvent
from imagebus.history.timeline import timeline as as_timeline
from imagebus_cli.demo.result import DemoResult
from imagebus_cli.output.terminal import console, safe
from imagebus_cli.output.text import bytes_text, count
from imagebus_cli.stack.subscription import Notification

#: Longer tables are cut off, so that a folder of thousands stays readable.
MAX_ROWS = 200

COLOURS = {"completed": "green", "rejected": "yellow", "failed": "red", "unfinished": "red"}


def table(results: Sequence[DemoResult], *, cold: bool = False) -> None:
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    grid.add_column("key", overflow="fold")
    grid.add_column("status", overflow="fold")
    for title in ("format", "pixels", "size", "thumbnails", "seconds"):
        grid.add_column(title, justify="left" if title == "format" else "right", no_wrap=True)
    for result in results[:MAX_ROWS]:
        item = result.item or {}
        status = f"[{COLOURS.get(result.status, 'red')}]{result.status}[/]"
        grid.add_row(
            safe(result.key),
            f"{status} {safe(result.reason)}".rstrip(),
            str(item.get("format", "")),
            f"{item['width']}×{item['height']}" if "width" in item else "",
            bytes_text(item["size"]) if "size" in item else "",
            " ".join(str(each["width"]) for each in item.get("thumbnails", ())),
            f"{result.seconds:.2f}" if result.seconds is not None else "",
        )
    console.print()
    console.print(grid)
    if len(results) > MAX_ROWS:
        console.print(f"… and {len(results) - MAX_ROWS} more\n")
    if cold:
        console.print("Most of the time is cold starts; after `make up` the functions stay warm.\n")


def timeline(key: str, events: Sequence[RecordedEvent]) -> None:
    grid = Table("at", "event", "by", box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    grid.columns[0].justify = "right"
    grid.add_column("after its cause", justify="right")
    grid.add_column("billed", justify="right")
    for moment in as_timeline(events):
        branch = "" if moment.depth == 0 else "   " * (moment.depth - 1) + "└─ "
        grid.add_row(
            f"{moment.end_ms} ms",
            branch + safe(moment.event.detail_type),
            safe(moment.producer),
            f"{moment.own_ms} ms" if moment.cause else "",
            f"{moment.billed_ms} ms" if moment.billed_ms else "",
        )
    console.print(f"The events of [bold]{safe(key)}[/], each below its cause:\n")
    console.print(grid)


def notifications(arrived: Sequence[Notification]) -> None:
    console.print(f"{len(arrived)} notifications arrived at the subscribed queue:\n")
    for notification in arrived[:MAX_ROWS]:
        status = str(notification.body["status"])
        colour = COLOURS.get(status, "red")
        text = f"{notification.body['summary']}: {notification.image_key}"
        line = f"  [{colour}]{safe(status):<9}[/] {safe(text)}"
        console.print(line, no_wrap=True, overflow="ellipsis")
    if len(arrived) > MAX_ROWS:
        console.print(f"  … and {len(arrived) - MAX_ROWS} more")
    console.print()


def verdict(results: Sequence[DemoResult]) -> bool:
    """Print the conclusion; True if every image had the expected outcome."""
    troubles = [(result.key, result.trouble) for result in results if result.trouble]
    for key, trouble in troubles:
        console.print(f"[red]✗[/] {safe(key)} {safe(trouble)}", soft_wrap=True)
    counts: dict[str, int] = {}
    for result in results:
        counts[result.status] = counts.get(result.status, 0) + 1
    ended = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    if troubles:
        wrong = f"{len(troubles)} of {count(len(results), 'image')}"
        console.print(f"[bold red]{wrong} had an unexpected outcome[/] ({ended}).")
        return False
    everything = f"All {len(results)} images" if len(results) != 1 else "The image"
    console.print(f"[bold green]{everything} had the expected outcome[/]: {ended}.")
    return True
