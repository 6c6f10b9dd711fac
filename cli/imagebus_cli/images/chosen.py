"""`imagebus get`, `delete` and `erase`: for one image, for several, or for all whose keys have a prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from imagebus_cli.command import Target, command
from imagebus_cli.images import several
from imagebus_cli.images.options import Format
from imagebus_cli.images.several import ImageOutcome, Keys, Prefix, Yes
from imagebus_cli.output.text import count

if TYPE_CHECKING:
    from imagebus_cli.output.writer import Output


@command
def get(
    target: Target,
    out: Output,
    keys: Keys = None,
    prefix: Prefix = None,
    thumbnail: Annotated[
        str | None, typer.Option(help="Download this thumbnail, for example 320x320.", show_default=False)
    ] = None,
    processed: Annotated[bool, typer.Option("--processed", help="Download the watermarked image.")] = False,
    image_format: Annotated[
        Format | None,
        typer.Option(
            "--format", help="Format of the thumbnail (default: the most compatible).", show_default=False
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|DIR",
            help="File to write, or folder; - for standard output (default: the image's name, as photo.jpg, "
            "photo.320x320.jpg or photo.watermarked.jpg).",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")] = False,
) -> None:
    """Download originals or derived images. An interrupted download leaves no file.

    Several images, and --prefix, need a folder (-o DIR). Below it --prefix keeps the folders of the keys.

    Exits with 1 if an image or file does not exist, and with 2, before it downloads any, if a file exists.
    """
    from imagebus_cli.images import download, lookup
    from imagebus_cli.output.text import bytes_text
    from imagebus_cli.problem import Problem

    if thumbnail is not None and processed:
        raise Problem("Use either --thumbnail or --processed.", exit_code=2)
    if image_format and thumbnail is None:
        raise Problem("Use --format with --thumbnail.", exit_code=2)
    if output == download.STDOUT and out.as_json:
        raise Problem(
            "Standard output can take the image or JSON, not both.", "Name a file: -o FILE", exit_code=2
        )
    chosen = several.require_choice(keys, prefix)
    where = download.Target.of(output, prefix, several=prefix is not None or len(chosen) > 1)
    stack = target.find()
    places: dict[str, dict[str, str]] = {}

    def find(key: str) -> ImageOutcome:
        if thumbnail is not None:
            places[key] = lookup.thumbnail(stack, key, thumbnail, image_format)
        else:
            places[key] = lookup.processed(stack, key) if processed else lookup.original(stack, key)
        return ImageOutcome(
            key, {"file": where.file(key, "watermarked" if processed else thumbnail, places[key]["Key"])}
        )

    def fetch(key: str) -> ImageOutcome:
        file = str(files[key])
        size = download.fetch(
            stack, key, places[key], file, force=force, make_folder=where.folder is not None
        )
        return ImageOutcome(key, {"file": file, "bytes": size}, [f"{file}: {bytes_text(size)}"])

    chosen = list(several.below(stack, prefix)) if prefix is not None else chosen
    found = several.each(find, chosen, "looked up")
    files = {outcome.key: outcome.about["file"] for outcome in found if not outcome.problem}
    download.require_free(files, force=force)
    fetched = {outcome.key: outcome for outcome in several.each(fetch, list(files), "downloaded")}
    outcomes = [fetched.get(outcome.key, outcome) for outcome in found]
    if output == download.STDOUT:
        several.require_success(outcomes)
    else:
        several.report(out, outcomes)


@command
def delete(target: Target, out: Output, keys: Keys = None, prefix: Prefix = None, yes: Yes = False) -> None:
    """Delete images and what was derived from them. Their versions and logs stay; `erase` removes those too.

    Asks before it deletes more than one. Exits with 1 if an image does not exist, or you do not confirm.
    """
    from imagebus_cli.images import lookup

    chosen = several.require_choice(keys, prefix)
    stack = target.find()
    if prefix is not None or len(chosen) > 1:
        there = several.below(stack, prefix) if prefix is not None else several.sizes(stack, chosen)
        chosen = chosen or list(there)
        if there and not yes:
            several.confirm("Delete", there.values())

    def work(key: str) -> ImageOutcome:
        lookup.delete(stack, key)
        return ImageOutcome(key, {}, [f"{key}: deleted"])

    several.report(out, several.each(work, chosen, "deleted"))


@command
def erase(
    target: Target,
    out: Output,
    keys: Keys = None,
    prefix: Prefix = None,
    yes: Yes = False,
    leftovers: Annotated[
        bool,
        typer.Option("--leftovers", help="Only what an interrupted erase left. A later upload stays."),
    ] = False,
) -> None:
    """Permanently remove images: the originals in all versions, derived images, logs and status.

    --prefix finds the images that have a version, a log or a status; it reads the whole table. Exits with 1
    if an image has nothing to remove, or you do not confirm.
    """
    from imagebus_cli.images import erase, lookup
    from imagebus_cli.problem import Problem

    chosen = several.require_choice(keys, prefix)
    stack = target.find()
    alone = prefix is None and len(chosen) == 1
    if not alone:
        there = erase.below(stack, prefix) if prefix is not None else erase.sizes(stack, chosen)
        chosen = chosen or list(there)
    if not yes and alone:
        what = f"what is left of {chosen[0]!r}" if leftovers else f"{chosen[0]!r} with all its versions"
        typer.confirm(f"Permanently erase {what}?", abort=True, err=True)
    elif not yes and there:
        several.confirm("Permanently erase", there.values(), " with all their versions")

    def work(key: str) -> ImageOutcome:
        erased = (erase.erase_leftovers if leftovers else erase.erase)(stack, key)
        if not erased.anything:
            if leftovers:
                raise Problem(f"Nothing is left of the image {key!r}.", exit_code=1)
            raise lookup.unknown(key)
        line = (
            f"{key}: erased {count(erased.versions, 'version')}, {count(erased.derived, 'derived image')}, "
            f"{count(erased.items, 'log or status item', 'log and status items')}"
        )
        return ImageOutcome(key, vars(erased), [line])

    outcomes = several.each(work, chosen, "erased", at_once=4)
    several.report(out, outcomes, "  What the archive keeps, and for how long: docs/security.md")
