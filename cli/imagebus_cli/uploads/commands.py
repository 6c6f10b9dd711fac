"""`imagebus upload`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagebus_cli.options import AsJson, Profile, Region, StackName

if TYPE_CHECKING:
    from imagebus.history.fold import Item
    from imagebus_cli.stack.deployed import Stack
    from imagebus_cli.uploads.files import File
    from imagebus_cli.uploads.transfer import Done, Progress, UploadResult

#: 128 + SIGINT, as a shell has it.
INTERRUPTED = 130

#: How long --watch waits for the next image to come to its end, in seconds.
PATIENCE = 120


def upload(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Files, and folders of images with all their folders.", metavar="FILE|DIR"),
    ],
    prefix: Annotated[str, typer.Option(help="What every key begins with, say holidays/2026/")] = "",
    watch: Annotated[
        bool, typer.Option("--watch", help="Then follow the images until each has come to its end.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="How many files are under way at once.")] = 8,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Upload images; what is there already with the same content is skipped, so it can be interrupted.

    The key of a file is its name, of one in a folder its path below that folder.

    Exit codes: 0 every file is there; 1 some could not be uploaded (with --watch: or did not complete);
    2 wrong usage; 3 no stack; 130 interrupted by Ctrl-C: run it again to go on.
    """
    from imagebus_cli.output import outcome, terminal
    from imagebus_cli.stack.find import find
    from imagebus_cli.uploads import tracking as uploads
    from imagebus_cli.uploads.files import collect
    from imagebus_cli.uploads.transfer import UploadOutcome
    from imagebus_cli.uploads.transfer import upload as upload_files

    files = collect(paths, prefix)
    found = find(stack, profile=profile, region=region)
    before = uploads.statuses(found, [file.key for file in files], ("image_key", "revision")) if watch else {}
    with _stopping() as stop, _bar(files, quiet=as_json) as progress:
        result = upload_files(found.s3, found.uploads, files, jobs=jobs, stop=stop, progress=progress)
    ended, interrupted = {}, stop.is_set()
    if watch and not interrupted:
        try:
            ended = _watch(found, result, before, quiet=as_json)
        except KeyboardInterrupt:
            interrupted = True
    counts = {each: len(result.of(each)) for each in UploadOutcome}
    document: dict[str, Any] = {
        "uploaded": [done.file.key for done in result.of(UploadOutcome.UPLOADED)],
        "there_already": [done.file.key for done in result.of(UploadOutcome.THERE)],
        "failed": [
            {"image_key": done.file.key, "file": str(done.file.path), "why": done.why}
            for done in result.of(UploadOutcome.FAILED)
        ],
        "not_begun": result.left,
        "interrupted": interrupted,
    }
    parts = [
        f"{number} {each}" for each, number in counts.items() if number or each is UploadOutcome.UPLOADED
    ]
    line = f"{len(files)} files: " + ", ".join(parts)
    if result.left:
        line += f", {result.left} not begun"
    unfinished: list[dict[str, Any]] = []
    if watch and not interrupted:
        document["statuses"] = {key: item["status"] for key, item in ended.items()}
        there = [*document["uploaded"], *document["there_already"]]
        unfinished = [
            {"image_key": key, "why": _standing(ended.get(key))}
            for key in there
            if ended.get(key, {}).get("status") != "completed"
        ]
        line += f"; {len(there) - len(unfinished)} completed"
    outcome.tell(document, as_json, line)
    outcome.enumerate_problems([*document["failed"], *unfinished], as_json)
    if interrupted:
        if not as_json:
            terminal.problems.print("Interrupted. Run the same command again to go on.", soft_wrap=True)
        raise typer.Exit(INTERRUPTED)
    if counts[UploadOutcome.FAILED] or unfinished:
        raise typer.Exit(1)


def _standing(item: Item | None) -> str:
    if item is None:
        return f"not at its end, and none was for {PATIENCE} s"
    return f"{item['status']}: {item['reason']}" if item.get("reason") else str(item["status"])


def _watch(stack: Stack, result: UploadResult, before: dict[str, Item], *, quiet: bool) -> dict[str, Item]:
    """Status items of the images that came to their end."""
    from imagebus_cli.output import outcome
    from imagebus_cli.uploads.tracking import Upload, wait
    from imagebus_cli.uploads.transfer import UploadOutcome

    awaited = []
    for done in result.done:
        if done.outcome is not UploadOutcome.FAILED:
            # What was there already has no new revision to wait for.
            new = done.outcome is UploadOutcome.UPLOADED and done.file.key in before
            previous = str(before[done.file.key]["revision"]) if new else ""
            awaited.append(Upload(done.file.key, previous, done.started))
    with outcome.step("processing", quiet=quiet) as say:
        return wait(
            stack,
            awaited,
            patience=PATIENCE,
            progress=lambda number: say(f"{number} of {len(awaited)} at their end"),
        )


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets; a second Ctrl-C is a KeyboardInterrupt again."""
    stop = threading.Event()

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(files: list[File], *, quiet: bool) -> Iterator[Progress]:
    """A bar of the files and one of the bytes; nothing where JSON is wanted or there is no terminal."""
    from rich.console import Group
    from rich.live import Live
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bars

    from imagebus_cli.output import terminal

    if quiet or not terminal.console.is_terminal:
        yield lambda _: None
        return
    text, bar = TextColumn("{task.description}"), BarColumn()
    number = Bars(text, bar, MofNCompleteColumn())
    size = Bars(text, bar, DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    of_files = number.add_task("files", total=len(files))
    of_bytes = size.add_task("bytes", total=sum(file.size for file in files))

    def progress(done: Done) -> None:
        number.advance(of_files)
        size.advance(of_bytes, done.file.size)

    with Live(Group(number, size), console=terminal.console):
        yield progress
