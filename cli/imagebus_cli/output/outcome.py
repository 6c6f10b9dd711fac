"""How a command tells what it did: to a person line by line, or as one JSON document."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import typer

from imagebus_cli.output import terminal

LISTED = 50


@contextmanager
def step(text: str, *, quiet: bool) -> Iterator[terminal.Say]:
    """`terminal.step`, or silence where JSON is wanted."""
    if quiet:
        yield lambda _detail: None
        return
    with terminal.step(text) as say:
        yield say


def wait_until(ready: datetime, what: str, *, quiet: bool) -> None:
    if ready <= datetime.now(UTC):
        return
    with step(f"waiting until {what}", quiet=quiet) as say:
        while (left := (ready - datetime.now(UTC)).total_seconds()) > 0:
            say(f"{left:.0f} s")
            time.sleep(min(left, 10))


def tell(document: dict[str, Any], as_json: bool, *lines: str) -> None:
    """`lines` are for a person; one that has a line break in it (a key may) stays one line."""
    if as_json:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    for line in lines:
        terminal.console.print(terminal.safe(line), soft_wrap=True)


def enumerate_problems(problems: list[dict[str, Any]], as_json: bool) -> None:
    """The first of them for a person; in JSON they all are anyway."""
    if as_json:
        return
    for each in problems[:LISTED]:
        named = ", ".join(each.get("attributes", ()))
        line = f"{each['image_key']}: {each['why']}" + (f" ({named})" if named else "")
        terminal.console.print("  " + terminal.safe(line), soft_wrap=True)
    if len(problems) > LISTED:
        terminal.console.print(f"  and {len(problems) - LISTED} more (--json lists them all)")
