"""What a check found: `doctor` and `deploy` report it in the same form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imagebus_cli.output.writer import Output


class Verdict(StrEnum):
    """`note`: something optional is missing, could not be checked, or was decided for you."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """`advice` is the parameter to set or the command to run."""

    what: str
    verdict: Verdict
    message: str
    advice: str = ""


class Findings(list[Finding]):
    """A list that notes what these credentials may not read."""

    @contextmanager
    def reading(self, what: str) -> Iterator[None]:
        """Turns a refused or failed call into a note: nothing depends on the answer but the check itself."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError) as error:
            self.append(Finding(what, Verdict.NOTE, f"not checked: {error}"))


MARKS = {Verdict.OK: "[green]✓[/]", Verdict.NOTE: "[yellow]•[/]", Verdict.BAD: "[bold red]✗[/]"}


def bad(findings: Iterable[Finding]) -> int:
    return sum(finding.verdict is Verdict.BAD for finding in findings)


def show(findings: Iterable[Finding], out: Output) -> None:
    """One line for each, with its advice below. Nothing with --json."""
    from imagebus_cli.output import terminal
    from imagebus_cli.output.text import hint

    if out.as_json:
        return
    for finding in findings:
        line = f"{MARKS[finding.verdict]} {finding.what:<14} {terminal.safe(finding.message)}"
        terminal.console.print(line, soft_wrap=True)
        if finding.advice:
            terminal.console.print(
                f"  {'':<14} [dim]{terminal.safe(hint(finding.advice))}[/]", soft_wrap=True
            )
