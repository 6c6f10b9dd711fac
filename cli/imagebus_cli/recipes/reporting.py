"""What `imagebus recipe plan` and `backfill` show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from imagebus_cli.output.text import count, hint

if TYPE_CHECKING:
    from collections.abc import Callable

    from imagebus_cli.output.writer import Output
    from imagebus_cli.recipes.backfilling import Progress
    from imagebus_cli.recipes.planning import Cost, Plan
    from imagebus_cli.stack.deployed import Stack


@contextmanager
def bar(total: int) -> Iterator[Callable[[Progress], None]]:
    """Images done; without a terminal, lines."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from imagebus_cli.output import terminal

    if not terminal.console.is_terminal:
        with terminal.step("backfill") as say:

            def line(progress: Progress) -> None:
                if progress.failed or progress.stopped == "budget":
                    failed = count(len(progress.failed), "image")
                    say.unfinished(f"{failed} failed" if progress.failed else "the budget is used up")
                so_far = f"{progress.done} of {total} images, ${progress.spent.usd:.4f}"
                say(", ".join(filter(None, (so_far, progress.waiting))))

            yield line
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=terminal.console) as shown:
        task = shown.add_task("backfill", total=total)

        def show(progress: Progress) -> None:
            over = progress.done + len(progress.failed)
            what = progress.waiting or f"${progress.spent.usd:.4f}"
            shown.update(task, completed=over, total=max(total, progress.asked), description=what)

        yield show


def plan_lines(found: Plan, remaining: Cost, prices: str) -> Iterator[str]:
    lacking, total = len(found.lacking), len(found.lacking) + found.complete
    yield f"{lacking:,} of {total:,} completed images {'lacks' if lacking == 1 else 'lack'} something"
    for name, number in sorted(found.variants.items()):
        yield f"  {name}: {number:,}"
    if found.watermarks:
        yield f"  watermarked: {found.watermarks:,}"
    if found.shared:
        yield f"  already made: {found.shared:,} (shared with other recipes)"
    for status, number in sorted(found.others.items()):
        yield f"  not counted: {number:,} {status}"
    if found.lacking:
        yield f"about {cost_text(remaining)} ({prices})"


def report(
    stack: Stack, out: Output, file: Path, found: Plan, progress: Progress, *, interrupted: bool
) -> None:
    """An interrupted run has not looked at all images in the end, so how many lack something is unknown."""
    failed = list(progress.failed.values())
    document: dict[str, Any] = {
        "set": found.recipes.id,
        "asked": progress.asked,
        "done": progress.done,
        "lacking": None if interrupted else len(found.lacking),
        "stopped": "interrupted" if interrupted else progress.stopped or None,
        "failed": failed,
        "planned": progress.planned.document(),
        "actual": progress.actual.document(),
        "unreadable": found.problems,
    }
    lines = [done_text(progress)]
    if progress.done:
        lines += [f"planned {cost_text(progress.planned)}", f"actual  {cost_text(progress.actual)}"]
    if not interrupted:
        if found.lacking:
            why = {"budget": ": the budget is used up", "limit": ": the limit is reached"}
            lines.append(f"{count(len(found.lacking), 'image')} left{why.get(progress.stopped, '')}")
        elif stack.recipes.active().current != found.recipes:
            lines.append(hint(f"next: imagebus recipe promote {quote(str(file))}"))
    out.write(document, *lines)
    out.problems([*failed, *found.problems])


def done_text(progress: Progress) -> str:
    return f"{count(progress.done, 'image')} done, {count(len(progress.failed), 'image')} failed"


def cost_text(cost: Cost) -> str:
    seconds = f"{cost.cpu:,.1f} CPU seconds ({cost.billed:,.1f} billed)"
    return f"{seconds}, ${cost.usd:.4f} for {count(cost.images, 'image')}"
