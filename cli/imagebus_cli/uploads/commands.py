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

from imagebus_cli.command import Target, Timeout, command, require_watch
from imagebus_cli.output.text import count

if TYPE_CHECKING:
    from imagebus.history.fold import Item
    from imagebus_cli.output.writer import Output
    from imagebus_cli.stack.deployed import Stack
    from imagebus_cli.uploads.transfer import UploadResult

#: 128 + SIGINT, as a shell reports it.
INTERRUPTED = 130


@command
def upload(
    target: Target,
    out: Output,
    paths: Annotated[
        list[Path],
        typer.Argument(help="Files, and folders with their subfolders.", metavar="FILE|DIR"),
    ],
    prefix: Annotated[str, typer.Option(help="Put this in front of every key, e.g. holidays/2026/")] = "",
    watch: Annotated[
        bool, typer.Option("--watch", help="Then wait until every image has a final status.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Number of parallel uploads.")] = 8,
    timeout: Timeout = None,
) -> None:
    """Upload images. Files whose content is already stored under the same key are skipped.

    A file's key is its name; for a file in a folder it is the path below that folder. You can interrupt an
    upload and run it again. It lists what it skips in a folder, such as files without an image extension.

    Exit codes: 0 every file is there; 1 some could not be uploaded (with --watch: or did not complete);
    2 usage error; 3 no stack; 130 interrupted by Ctrl-C.
    """
    from imagebus_cli.output import terminal
    from imagebus_cli.uploads import tracking, transfer
    from imagebus_cli.uploads.bar import bar
    from imagebus_cli.uploads.files import NO_IMAGE, Skipped, collect, summary
    from imagebus_cli.uploads.transfer import UploadOutcome

    require_watch(timeout, watch=watch)
    skipped: list[Skipped] = []
    files = collect(paths, prefix, skipped.append)
    stack = target.find()
    keys = [file.key for file in files] if watch else []
    before = tracking.statuses(stack, keys, ("image_key", "revision"))
    with _stopping() as stop, bar(files) as progress:
        batch = transfer.upload(stack.s3, stack.uploads, files, jobs=jobs, stop=stop, progress=progress)
    finished: dict[str, Item] = {}
    interrupted = stop.is_set()
    if watch and not interrupted:
        try:
            finished = _watch(stack, batch, before, timeout)
        except KeyboardInterrupt:
            interrupted = True
    document: dict[str, Any] = {
        "uploaded": batch.keys(UploadOutcome.UPLOADED),
        "there_already": batch.keys(UploadOutcome.UNCHANGED),
        "failed": [
            {"image_key": each.file.key, "file": str(each.file.path), "why": each.why}
            for each in batch.of(UploadOutcome.FAILED)
        ],
        "skipped": [{"file": each.name, "why": each.why} for each in skipped],
        "not_begun": batch.not_started,
        "interrupted": interrupted,
    }
    unfinished: list[dict[str, Any]] = []
    line = _summary(batch, len(files))
    if watch and not interrupted:
        document["statuses"] = {key: item["status"] for key, item in finished.items()}
        present = [*document["uploaded"], *document["there_already"]]
        unfinished = [
            {"image_key": key, "why": _why(finished.get(key))}
            for key in present
            if finished.get(key, {}).get("status") != "completed"
        ]
        if len(files) > 1:
            line += f"; {len(present) - len(unfinished)} completed"
        elif present and not unfinished:
            line += ", completed"
    out.write(document, line, *summary(skipped))
    out.problems([*document["failed"], *unfinished])
    if interrupted:
        if not out.as_json:
            terminal.problems.print("Interrupted. Run the same command again to continue.", soft_wrap=True)
        raise typer.Exit(INTERRUPTED)
    if document["failed"] or unfinished or any(each.why != NO_IMAGE for each in skipped):
        raise typer.Exit(1)


def _summary(batch: UploadResult, total: int) -> str:
    from imagebus_cli.uploads.transfer import UploadOutcome

    if total == 1 and batch.results:
        only = batch.results[0]
        return f"{only.file.key}: {only.outcome}"
    counts = {each: len(batch.of(each)) for each in UploadOutcome}
    parts = [
        f"{number} {each}" for each, number in counts.items() if number or each is UploadOutcome.UPLOADED
    ]
    if batch.not_started:
        parts.append(f"{batch.not_started} not started")
    return f"{count(total, 'file')}: " + ", ".join(parts)


def _why(item: Item | None) -> str:
    if item is None:
        return "not finished when the wait ended"
    return f"{item['status']}: {item['reason']}" if item.get("reason") else str(item["status"])


def _watch(
    stack: Stack, batch: UploadResult, before: dict[str, Item], timeout: float | None
) -> dict[str, Item]:
    """Status items of the images that have a final status."""
    from imagebus_cli.uploads import tracking
    from imagebus_cli.uploads.transfer import UploadOutcome

    awaited = []
    for each in batch.results:
        if each.outcome is not UploadOutcome.FAILED:
            # An unchanged object gets no new revision to wait for.
            replaced = each.outcome is UploadOutcome.UPLOADED and each.file.key in before
            previous = str(before[each.file.key]["revision"]) if replaced else ""
            awaited.append(tracking.Upload(each.file.key, previous, each.started))
    return tracking.watch(stack, awaited, patience=timeout)


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets; a second Ctrl-C raises KeyboardInterrupt as usual."""
    stop = threading.Event()

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
