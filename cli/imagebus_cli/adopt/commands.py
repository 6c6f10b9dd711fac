"""`imagebus import`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagebus_cli.command import Target, command
from imagebus_cli.output.text import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagebus_cli.adopt.adopting import Step
    from imagebus_cli.adopt.outcome import Tally
    from imagebus_cli.adopt.sources import Candidate
    from imagebus_cli.output.writer import Output
    from imagebus_cli.stack.deployed import Stack

#: 128 + SIGINT, as a shell reports it.
INTERRUPTED = 130


@command
def import_objects(
    target: Target,
    out: Output,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="Copy the objects of s3://BUCKET/PREFIX, each under its full key, including the prefix "
            "(default: import what is in the uploads bucket).",
        ),
    ] = None,
    prefix: Annotated[str, typer.Option(help="Only objects whose key starts with this.")] = "",
    inventory: Annotated[
        str | None,
        typer.Option(
            help="Take the keys from an S3 Inventory report in CSV: its manifest.json or a data file, "
            "local or s3://…"
        ),
    ] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="At most this many objects per second.")] = 10.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the number of objects, their size and the price.")
    ] = False,
    prices: Annotated[
        str, typer.Option(help="Price list: us-east-1 or eu-west-1.", metavar="REGION")
    ] = "us-east-1",
) -> None:
    """Import objects that have no log yet. An upload to the same key always wins over an import.

    You can interrupt an import and run it again: it continues with what still has no log.

    Exit codes: 0 success; 1 some objects could not be imported; 2 usage error, or an inventory that cannot be
    read; 3 no stack, or the import had to stop; 130 interrupted by Ctrl-C.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from imagebus_cli.adopt import sources
    from imagebus_cli.adopt.inventory import inventoried
    from imagebus_cli.adopt.outcome import Tally
    from imagebus_cli.output import terminal
    from imagebus_cli.problem import Problem

    address = sources.Address.parse(source) if source else None
    if address and prefix:
        raise Problem(
            "--prefix is for the uploads bucket.",
            "For another one, write the prefix into the address: s3://BUCKET/PREFIX",
            exit_code=2,
        )
    stack = target.find()
    bucket = address.bucket if address else stack.uploads
    if address and bucket == stack.uploads:
        raise Problem(
            "This is the uploads bucket itself.", "Use --prefix instead of an address.", exit_code=2
        )
    wanted = address.key if address else prefix
    candidates = (
        inventoried(stack.s3, inventory, bucket, wanted)
        if inventory
        else sources.listed(stack.s3, bucket, wanted)
    )
    if dry_run:
        _plan(stack, candidates, out, prices, copied=address is not None)
        return
    tally, interrupted = Tally(), False
    with terminal.step("import") as say:
        try:
            for number, (each, outcome) in enumerate(steps(stack, candidates, rate, bucket), 1):
                tally.add(each.key, outcome, each.size)
                if number % 10 == 0:
                    say(_line(tally))
            if tally.refused:
                say.unfinished(f"{count(len(tally.refused), 'object')} could not be imported")
        except KeyboardInterrupt:
            interrupted = True
            say.unfinished("interrupted")
        except (Problem, ClientError, BotoCoreError):
            if tally.counts:
                terminal.problems.print(f"Stopped after: {_line(tally)}", soft_wrap=True)
            raise
    _report(tally, out, interrupted=interrupted)
    if interrupted:
        terminal.problems.print("Interrupted. Run the same command again to continue.", soft_wrap=True)
        raise typer.Exit(INTERRUPTED)
    if tally.refused:
        raise typer.Exit(1)


def steps(stack: Stack, candidates: Iterable[Candidate], rate: float, source: str) -> Iterator[Step]:
    """What happens to each object of the bucket `source`."""
    from concurrent.futures import ThreadPoolExecutor

    from imagebus.clock import SystemClock
    from imagebus.naming import inbox_urls
    from imagebus_cli.adopt.adopting import AT_ONCE, Importer, Pace
    from imagebus_cli.adopt.copying import Copier

    known, pace = _known(stack), Pace(rate, SystemClock())
    work: Importer | Copier
    if source == stack.uploads:
        inbox = inbox_urls(stack.outputs["InboxUrls"])["ingest"]
        work = Importer(stack.s3, stack.sqs, stack.uploads, inbox, known, stack.erasures, pace)
    else:
        work = Copier(stack.s3, source, stack.uploads, known, stack.erasures, pace)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from work.run(candidates, pool.map)


def _known(stack: Stack) -> Any:
    from imagebus_cli.uploads.tracking import statuses

    return lambda keys: set(statuses(stack, keys, ("image_key",)))


def _plan(stack: Stack, candidates: Iterable[Candidate], out: Output, region: str, *, copied: bool) -> None:
    """Count what has no log. What S3 refuses to read shows in the import itself."""
    from imagebus_cli.adopt.adopting import unknown
    from imagebus_cli.adopt.outcome import ImportOutcome, Tally
    from imagebus_cli.adopt.price import price
    from imagebus_cli.output.text import bytes_text

    tally, objects = Tally(), 0
    size: int | None = 0  # unknown if a report leaves it out
    for fresh in unknown(candidates, _known(stack)):
        if isinstance(fresh, tuple):
            tally.add(fresh[0].key, fresh[1])
            continue
        for each in fresh:
            if each.storage_class in ("GLACIER", "DEEP_ARCHIVE"):
                tally.add(each.key, ImportOutcome.ARCHIVED)
            else:
                objects += 1
                size = None if size is None or each.size is None else size + each.size
    usd = price(stack, objects, region, copied=copied)
    document = {"objects": objects, "bytes": size, "usd": usd, "others": dict(tally.counts)}
    cost = "no completed image to take a price from" if usd is None else f"about ${usd:.4f} ({region})"
    amount = "size unknown" if size is None else bytes_text(size)
    if objects:
        line = f"{count(objects, 'object')} would be imported: {amount}, {cost}"
    else:
        line = "Nothing to import."
    out.write(document, line, *(f"  {number} {each}" for each, number in tally.counts.items()))


def _line(tally: Tally) -> str:
    return ", ".join(f"{number} {outcome}" for outcome, number in tally.counts.items()) or "no objects"


def _report(tally: Tally, out: Output, *, interrupted: bool) -> None:
    from imagebus_cli.adopt.outcome import REFUSED

    refused = [{"image_key": key, "code": str(each), "why": REFUSED[each]} for key, each in tally.refused]
    document = {
        "outcomes": {str(each): number for each, number in tally.counts.items()},
        "bytes": tally.bytes,
        "refused": refused,
        "interrupted": interrupted,
    }
    out.write(document, _line(tally))
    out.problems(refused)
