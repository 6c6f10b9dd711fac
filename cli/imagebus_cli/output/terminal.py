"""The terminal: one console for results and progress, one for problems."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

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


@contextmanager
def step(text: str) -> Iterator[Say]:
    """Show a spinner (without a terminal: lines) while the work runs, then how long it took."""
    started = spoken = time.monotonic()
    last = ""
    with console.status(f"{text} …") as spinner:

        def say(detail: str) -> None:
            nonlocal spoken, last
            if console.is_terminal:
                spinner.update(f"{text}: [dim]{safe(detail)}[/]")
            elif detail != last and time.monotonic() - spoken >= LOG_EVERY:
                spoken, last = time.monotonic(), detail
                console.print(f"  {safe(detail)}", soft_wrap=True)

        yield say
    console.print(f"[green]✓[/] {text} [dim]{time.monotonic() - started:.1f} s[/]", soft_wrap=True)
