"""`imagebus recipe plan`, `backfill` and `prune`: what takes its time for all images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagebus_cli.command import Target, command
from imagebus_cli.output.text import bytes_text, count
from imagebus_cli.recipes import reporting

if TYPE_CHECKING:
    from imagebus.recipes.model import RecipeSet
    from imagebus_cli.output.writer import Output
    from imagebus_cli.recipes.backfilling import Backfill, Bounds
    from imagebus_cli.recipes.planning import Plan
    from imagebus_cli.stack.deployed import Stack

#: 128 + SIGINT, as a shell reports it.
INTERRUPTED = 130
#: The stages that a backfill asks.
WORKERS = ("thumbnailer", "watermarker")

File = Annotated[Path, typer.Argument(help="The file of recipes.", metavar="[FILE]")]
RECIPES = Path("recipes.yml")
Prefix = Annotated[str, typer.Option(help="Only images whose key starts with this.")]
Prices = Annotated[str, typer.Option(help="Price list: us-east-1 or eu-west-1.", metavar="REGION")]


@command
def plan(
    target: Target, out: Output, file: File = RECIPES, prefix: Prefix = "", prices: Prices = "us-east-1"
) -> None:
    """Show what existing images lack, and estimate what a backfill would take. Changes nothing.

    CPU seconds, and the seconds that functions are billed for, are estimated from what the stack's own images
    took.

    Exits with 1 if the file is invalid, or some images cannot be read; they are not counted.
    """
    from imagebus_cli.recipes import reading

    recipes, price = reading.required(file), _price(prices)
    stack = target.find()
    found = survey(stack, recipes, prefix)
    remaining = found.remaining(price)
    document = {
        "set": recipes.id,
        "complete": found.complete,
        "lacking": len(found.lacking),
        "variants": dict(found.variants),
        "watermarks": found.watermarks,
        "shared": found.shared,
        "others": dict(found.others),
        "remaining": remaining.document(),
        "made": _made(found, price),
        "unreadable": found.problems,
    }
    out.write(document, *reporting.plan_lines(found, remaining, prices))
    out.problems(found.problems)
    if found.problems:
        raise typer.Exit(1)


@command
def backfill(
    target: Target,
    out: Output,
    file: File = RECIPES,
    prefix: Prefix = "",
    rate: Annotated[float, typer.Option(min=0.1, help="At most this many images per second.")] = 10.0,
    budget: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Stop before this many dollars are spent on the set, including earlier runs.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help="Stop after this many images, so that you can check them.", show_default=False
        ),
    ] = None,
    prices: Prices = "us-east-1",
) -> None:
    """Make what existing images lack. Nothing is shown before you promote the set.

    Live uploads go first: the backfill waits while messages wait in a worker's inbox, and says so. It
    gives up if no message has left the inbox for five minutes.

    You can interrupt it and run it again: it continues with what is still missing.

    Exit codes: 0 success; 1 the file is invalid, some images failed or cannot be read, the budget is used up,
    or another set is being backfilled; 2 usage error; 3 no stack, or the workers do nothing; 130 interrupted
    by Ctrl-C.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from imagebus.recipes.store import BackfillRunning
    from imagebus_cli.output import terminal
    from imagebus_cli.problem import Problem
    from imagebus_cli.recipes import reading
    from imagebus_cli.recipes.backfilling import Bounds

    recipes, price = reading.required(file), _price(prices)
    stack = target.find()
    found = survey(stack, recipes, prefix)
    remaining = found.remaining(price)
    if not out.as_json:
        for line in reporting.plan_lines(found, remaining, prices):
            terminal.console.print(terminal.safe(line), soft_wrap=True)
    at_once = max(1, int(stack.outputs.get("ImageConcurrencyLimit") or 2) // 2)
    work = _backfill(stack, recipes, prefix, rate, Bounds(at_once, budget, limit), price)
    interrupted = False
    try:
        with reporting.bar(len(found.lacking)) as show:
            for progress in work.run(found):
                show(progress)
    except KeyboardInterrupt:
        interrupted = True
    except BackfillRunning:
        raise Problem(
            "Another set is being backfilled, or its backfill was stopped less than five minutes ago.",
            "Run this again later.",
            exit_code=1,
        ) from None
    except (Problem, ClientError, BotoCoreError):
        terminal.problems.print(f"Stopped after: {reporting.done_text(work.progress)}", soft_wrap=True)
        raise
    reporting.report(stack, out, file, work.plan, work.progress, interrupted=interrupted)
    if interrupted:
        terminal.problems.print("Interrupted. Run the same command again to continue.", soft_wrap=True)
        raise typer.Exit(INTERRUPTED)
    if work.progress.failed or work.progress.stopped == "budget" or work.plan.problems:
        raise typer.Exit(1)


@command
def prune(
    stack: Stack,
    out: Output,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them. Without this option, only count.")] = False,
) -> None:
    """Count or remove derived images that are not shown and that no active or prepared set needs.

    A rollback to an earlier set then shows what is left, until a backfill has made the rest again.

    Exits with 1 if an image could not be pruned, or if another prune is running.
    """
    import uuid
    from concurrent.futures import ThreadPoolExecutor

    from imagebus.clock import SystemClock
    from imagebus.recipes.store import PruneRunning
    from imagebus_cli.output import terminal
    from imagebus_cli.problem import Problem
    from imagebus_cli.recipes.pruning import AT_ONCE, Pruner

    clock, run = SystemClock(), uuid.uuid4().hex
    pruner = Pruner(stack.store, stack.recipes, stack.bus, stack.s3, stack.images, _engine(), clock, run)
    images, objects, size, problems = 0, 0, 0, []
    try:
        with terminal.step("prune") as say, ThreadPoolExecutor(AT_ONCE) as pool:
            for each in pruner.run(stack.table.images(), pool.map, dry_run=not yes):
                if each.why:
                    problems.append({"image_key": each.image_key, "why": each.why})
                    continue
                images, objects, size = images + 1, objects + each.objects, size + each.bytes
                if images % 100 == 0:
                    say(f"{images} images")
            if problems:
                say.unfinished(f"{count(len(problems), 'image')} could not be pruned")
    except PruneRunning:
        raise Problem(
            "Another prune is running, or was interrupted less than five minutes ago.",
            "Run this again later.",
            exit_code=1,
        ) from None
    document = {"dry_run": not yes, "images": images, "objects": objects, "bytes": size, "problems": problems}
    what = f"{count(objects, 'object')} ({bytes_text(size)}) of {count(images, 'image')}"
    line = f"Removed {what}." if yes else f"Would remove {what}. Add --yes to remove them."
    out.write(document, line if objects else "Nothing to remove.")
    out.problems(problems)
    if problems:
        raise typer.Exit(1)


def survey(stack: Stack, recipes: RecipeSet, prefix: str = "") -> Plan:
    """What the images lack of the set."""
    from imagebus_cli.output import terminal
    from imagebus_cli.recipes import planning

    _ = stack.recipes  # says so if the stack has none
    with terminal.step("read the log") as say:
        return planning.survey(stack.table.images(), recipes, _engine(), prefix, say)


def _backfill(
    stack: Stack, recipes: RecipeSet, prefix: str, rate: float, bounds: Bounds, price: dict[str, float]
) -> Backfill:
    from imagebus.clock import SystemClock
    from imagebus.naming import inbox_urls
    from imagebus_cli.adopt.adopting import Pace
    from imagebus_cli.recipes.backfilling import Backfill
    from imagebus_cli.stack.delivery import depth
    from imagebus_cli.uploads.tracking import statuses

    clock, inboxes = SystemClock(), inbox_urls(stack.outputs["InboxUrls"])

    def waiting() -> dict[str, int]:
        return {stage: depth(stack, inboxes[stage])[0] for stage in WORKERS}

    return Backfill(
        recipes,
        stack.recipes,
        _engine(),
        lambda: (each for each in stack.table.images() if each.image_key.startswith(prefix)),
        stack.store,
        lambda keys: statuses(stack, keys),
        stack.bus,
        waiting,
        Pace(rate, clock),
        bounds,
        price,
        clock,
    )


def _engine() -> str:
    from imagebus_imaging import RECIPE

    return RECIPE


def _price(region: str) -> dict[str, float]:
    from imagebus_cli.measure.cost import load_prices
    from imagebus_cli.problem import Problem

    try:
        return load_prices(region)[0]
    except KeyError:
        raise Problem(
            f"There are no prices for {region}.", "Use us-east-1 or eu-west-1.", exit_code=2
        ) from None


def _made(found: Plan, price: dict[str, float]) -> dict[str, Any]:
    return {"planned": found.planned(price).document(), "actual": found.actual(price).document()}
