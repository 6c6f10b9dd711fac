"""Several images in one command: chosen by their keys or a prefix, and an outcome for each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imagebus_cli.output.text import bytes_text, count
from imagebus_cli.problem import Problem, explain

if TYPE_CHECKING:
    from imagebus_cli.output.writer import Output
    from imagebus_cli.stack.deployed import Stack

Keys = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY", help="The images' keys, as uploaded.", show_default=False),
]
Prefix = Annotated[
    str | None,
    typer.Option(help="Instead of keys: every image whose key starts with this.", show_default=False),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

#: Images that are worked on at the same time.
AT_ONCE = 8


@dataclass(frozen=True)
class ImageOutcome:
    """What happened to one image. `about` are the command's own fields; the lines are for a person."""

    key: str
    about: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[str] = ()
    problem: Problem | None = None

    def named(self) -> Problem:
        """The problem, with the key in its message. AWS's own messages do not have it."""
        found = self.problem or Problem("")
        message = found.message if repr(self.key) in found.message else f"{self.key}: {found.message}"
        return Problem(message, found.advice, exit_code=found.exit_code)

    def document(self) -> dict[str, Any]:
        if self.problem is None:
            return {"key": self.key, "ok": True, **self.about}
        told = {"why": self.problem.message, "advice": self.problem.advice}
        return {
            "key": self.key,
            "ok": False,
            **self.about,
            **{name: text for name, text in told.items() if text},
        }


Work = Callable[[str], ImageOutcome]


def require_choice(keys: Sequence[str] | None, prefix: str | None, *others: bool) -> list[str]:
    """The keys, each once. Raises Problem unless the images are named in exactly one way."""
    if sum((bool(keys), prefix is not None, *others)) != 1:
        ways = "keys, --prefix or --all-failed" if others else "keys or --prefix"
        raise Problem(f"Choose the images in one way: by {ways}.", exit_code=2)
    return list(dict.fromkeys(keys or ()))


def below(stack: Stack, prefix: str) -> dict[str, int]:
    """Keys and sizes of the images that are in the uploads bucket now. Raises Problem if there are none.

    Folder markers, the empty objects `folder/` of S3's console, are not images.
    """
    from imagebus.objects import is_folder

    found: dict[str, int] = {}
    for page in stack.s3.get_paginator("list_objects_v2").paginate(Bucket=stack.uploads, Prefix=prefix):
        for each in page.get("Contents", ()):
            if not is_folder(each["Key"], each["Size"]):
                found[each["Key"]] = each["Size"]
    if not found:
        raise nothing_below(prefix)
    return found


def sizes(stack: Stack, keys: Sequence[str]) -> dict[str, int]:
    """Those of the keys that are images in the uploads bucket now, and their sizes."""
    from imagebus_cli.images.lookup import uploaded

    with ThreadPoolExecutor(AT_ONCE) as pool:
        heads = pool.map(lambda key: uploaded(stack, key), keys)
        return {key: head["ContentLength"] for key, head in zip(keys, heads, strict=True) if head}


def nothing_below(prefix: str) -> Problem:
    return Problem(f"No image's key starts with {prefix!r}.", "See: imagebus list --prefix …", exit_code=1)


def confirm(verb: str, sizes: Iterable[int], more: str = "") -> None:
    """Ask `Delete 37 images (1.2 GB)?`. Raises typer.Abort unless the answer is yes."""
    known = list(sizes)
    what = f"{verb} {count(len(known), 'image')}{more} ({bytes_text(sum(known))})?"
    typer.confirm(what, abort=True, err=True)


def each(work: Work, keys: Sequence[str], what: str, *, at_once: int = AT_ONCE) -> list[ImageOutcome]:
    """The outcomes, in the order of the keys. A failure does not stop the others.

    Except if AWS does not answer at all: what was not begun by then is not tried.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from imagebus_cli.output import terminal

    stop = threading.Event()

    def one(key: str) -> ImageOutcome:
        if stop.is_set():
            return ImageOutcome(
                key, problem=Problem("Not tried, because an earlier request got no response.")
            )
        try:
            return work(key)
        except (Problem, ClientError, BotoCoreError) as error:
            if isinstance(error, BotoCoreError):
                stop.set()
            return ImageOutcome(key, problem=explain(error))

    def all_of_them(say: Callable[[str], None]) -> Generator[ImageOutcome, None, None]:
        with ThreadPoolExecutor(at_once) as pool:
            try:
                for number, outcome in enumerate(pool.map(one, keys), 1):
                    yield outcome
                    say(f"{number} of {count(len(keys), 'image')}")
            except BaseException:
                stop.set()  # Ctrl-C: what has not begun does not begin
                raise

    if len(keys) <= 1:
        return list(all_of_them(lambda _: None))
    done: list[ImageOutcome] = []
    try:
        # Ctrl-C may come between two outcomes: closing ends the generator in that case, too.
        with terminal.step(what) as say, closing(all_of_them(say)) as outcomes:
            for outcome in outcomes:
                done.append(outcome)
            if failed := sum(outcome.problem is not None for outcome in done):
                say.unfinished(f"{failed} of {count(len(keys), 'image')} failed")
    except KeyboardInterrupt:
        message = f"Interrupted after {len(done)} of {count(len(keys), 'image')}. Run the same command again."
        terminal.problems.print(message, soft_wrap=True)
        raise
    return done


def require_success(outcomes: Sequence[ImageOutcome]) -> None:
    """Raises the first problem."""
    for outcome in outcomes:
        if outcome.problem:
            raise outcome.problem


def report(out: Output, outcomes: Sequence[ImageOutcome], *more: str, nothing: str = "") -> None:
    """One document for one image and for many. Raises Problem or typer.Exit if an image failed.

    If nothing worked because of AWS or the credentials, that is not an outcome: there is no document.
    """
    from imagebus_cli.output import terminal
    from imagebus_cli.output.writer import SHOWN

    failed = [outcome.problem for outcome in outcomes if outcome.problem]
    if failed and len(failed) == len(outcomes) and all(problem.exit_code == 3 for problem in failed):
        raise failed[0]
    done = len(outcomes) > len(failed)
    document = {"ok": not failed, "items": [outcome.document() for outcome in outcomes]}
    lines = [line for each in outcomes for line in each.lines] if outcomes else [nothing]
    out.write(document, *lines, *(more if done else ()))
    if failed and len(outcomes) == 1:
        raise failed[0]
    for outcome in [each for each in outcomes if each.problem][:SHOWN]:
        terminal.problem(outcome.named())
    if len(failed) > SHOWN:
        terminal.problems.print(f"and {len(failed) - SHOWN:,} more (--json lists them all)")
    if failed:
        raise typer.Exit(1)
