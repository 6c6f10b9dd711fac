"""What a command prints: lines for a person, or one JSON document."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import typer

from imagebus_cli.output import terminal
from imagebus_cli.output.text import hint

#: How many problems a person is shown.
SHOWN = 50


@dataclass(frozen=True)
class Output:
    """Exactly one document goes to standard output with --json; progress then goes to standard error."""

    as_json: bool

    def write(self, document: Any, *lines: str) -> None:
        """Print the document, or the lines for a person. Line breaks from a key are escaped."""
        if self.as_json:
            plain = "utf" not in (sys.stdout.encoding or "utf").lower()
            typer.echo(json.dumps(document, indent=2, ensure_ascii=plain))
        else:
            for line in lines:
                terminal.console.print(terminal.safe(line), soft_wrap=True)

    def problems(self, problems: Sequence[dict[str, Any]]) -> None:
        """List the first of them for a person; the document has them all."""
        if self.as_json:
            return
        for each in problems[:SHOWN]:
            named = ", ".join(each.get("attributes", ()))
            line = f"{each['image_key']}: {each['why']}" + (f" ({named})" if named else "")
            line += f". Fix it: {hint(each['advice'])}" if each.get("advice") else ""
            terminal.console.print("  " + terminal.safe(line), soft_wrap=True)
        if len(problems) > SHOWN:
            terminal.console.print(f"  and {len(problems) - SHOWN} more (--json lists them all)")


@contextmanager
def output(*, as_json: bool) -> Iterator[Output]:
    """The output of one command."""
    before, terminal.console.stderr = terminal.console.stderr, terminal.console.stderr or as_json
    try:
        yield Output(as_json)
    finally:
        terminal.console.stderr = before


def wait_until(ready: datetime, what: str) -> None:
    """Show what is waited for, and the seconds left."""
    if ready <= datetime.now(UTC):
        return
    with terminal.step(f"waiting until {what}") as say:
        while (left := (ready - datetime.now(UTC)).total_seconds()) > 0:
            say(f"{left:.0f} s")
            time.sleep(min(left, 10))
