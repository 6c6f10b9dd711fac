"""The terminal: one console for results and progress, one for problems."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from imagebus_cli.output.text import visible
from imagebus_cli.problem import Problem

# Keys are data: nothing in them is markup or an emoji code.
console = Console(highlight=False, emoji=False)
problems = Console(highlight=False, emoji=False, stderr=True)

#: Width of tables where there is no terminal (a log file, CI).
LOG_WIDTH = 120

#: Without a terminal, progress is one line per this many seconds instead of a spinner.
LOG_EVERY = 2.0

if not console.is_terminal and "COLUMNS" not in os.environ:
    console.width = LOG_WIDTH

Say = Callable[[str], None]


def safe(text: str) -> str:
    """Text from outside (a key, a message) made safe to print: visible, and never markup."""
    return escape(visible(text))


def problem(error: Problem) -> None:
    problems.print(f"[bold red]✗[/] {safe(error.message)}", soft_wrap=True)
    if error.detail:
        for line in error.detail.splitlines():
            problems.print(f"  [dim]{safe(line)}[/]", soft_wrap=True)
    if error.advice:
        problems.print(f"  {safe(error.advice)}", soft_wrap=True)


class Step:
    """Work that is shown while it runs. Called with a detail, it shows how far the work has got."""

    def __init__(self, text: str, spinner: Status) -> None:
        self._text, self._spinner = text, spinner
        self._started = self._spoken = time.monotonic()
        self._last = self._unfinished = ""

    def __call__(self, detail: str) -> None:
        if console.is_terminal:
            self._spinner.update(f"{self._text}: [dim]{safe(detail)}[/]")
        elif detail != self._last and time.monotonic() - self._spoken >= LOG_EVERY:
            self._spoken, self._last = time.monotonic(), detail
            console.print(f"  {safe(detail)}", soft_wrap=True)

    def unfinished(self, why: str) -> None:
        """The work ends here and did not succeed: its line will say why, without a check mark."""
        self._unfinished = why

    def end(self) -> None:
        mark = "[yellow]•[/]" if self._unfinished else "[green]✓[/]"
        line = f"{self._text}: {self._unfinished}" if self._unfinished else self._text
        took = f"[dim]{time.monotonic() - self._started:.1f} s[/]"
        console.print(f"{mark} {safe(line)} {took}", soft_wrap=True)


@contextmanager
def step(text: str) -> Iterator[Step]:
    """Show a spinner (without a terminal: lines) while the work runs, then whether and when it was done."""
    with console.status(f"{safe(text)} …") as spinner:
        shown = Step(text, spinner)
        yield shown
    shown.end()
