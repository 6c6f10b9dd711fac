"""The progress bars of an upload."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from imagebus_cli.output.terminal import console
from imagebus_cli.uploads.files import File
from imagebus_cli.uploads.transfer import FileResult, OnResult


@contextmanager
def bar(files: Sequence[File]) -> Iterator[OnResult]:
    """One bar for files and one for bytes; none where there is no terminal."""
    if not console.is_terminal:
        yield lambda _: None
        return
    text, column = TextColumn("{task.description}"), BarColumn()
    count = Progress(text, column, MofNCompleteColumn())
    size = Progress(text, column, DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    of_files = count.add_task("files", total=len(files))
    of_bytes = size.add_task("bytes", total=sum(file.size for file in files))

    def advance(result: FileResult) -> None:
        count.advance(of_files)
        size.advance(of_bytes, result.file.size)

    with Live(Group(count, size), console=console):
        yield advance
