"""`imagebus inspect`: the image engine on local files, without AWS."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from imagebus_cli.images.options import OptionalFormat


def inspect(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders to walk.", metavar="PATH…")],
    json_lines: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write thumbnails and watermarked images below this folder.")
    ] = None,
    accept: Annotated[
        list[OptionalFormat] | None,
        typer.Option(
            help="Also accept this format, as AcceptedFormats does; repeatable.",
            show_default=False,
            case_sensitive=False,
        ),
    ] = None,
    fail: Annotated[bool, typer.Option("--fail", help="Exit with 1 if a file is rejected.")] = False,
) -> None:
    """Show which local files the pipeline would accept or reject, why, and the time and memory each takes.

    Exits with 2 if a file that you name cannot be read, or --out cannot be written. In a folder, a file that
    cannot be read counts as rejected.
    """
    from imagebus.image_types import FORMATS
    from imagebus_cli.output.terminal import console, safe
    from imagebus_imaging import Limits
    from imagebus_imaging.inspect import inspect_paths

    _require_readable(paths)
    if out:
        _require_writable(out)
    formats = frozenset((*FORMATS, *(each.name for each in accept or ())))
    counts: Counter[str] = Counter()
    for row in inspect_paths(paths, Limits(formats=formats), out_dir=out):
        counts[row["outcome"]] += 1
        if json_lines:
            sys.stdout.write(json.dumps(row) + "\n")  # ASCII: a file name need not be UTF-8
            sys.stdout.flush()
        else:
            console.print(_line(row, safe(row["file"]), safe(row["detail"] or "")), soft_wrap=True)
    if not json_lines:
        console.print(f"{counts['validated']} validated, {counts['rejected']} rejected")
    if fail and counts["rejected"]:
        raise typer.Exit(1)


def _require_readable(paths: Iterable[Path]) -> None:
    """Raises Problem for the first that is neither a folder nor a file that can be read."""
    from imagebus_cli.problem import Problem

    for path in paths:
        if not path.exists():
            raise Problem(f"There is no file or folder {path}.", "Check the name.", exit_code=2)
        if not (path.is_dir() or path.is_file()):
            raise Problem(f"{path} is not a regular file.", exit_code=2)
        if not os.access(path, os.R_OK):
            raise Problem(f"{path} cannot be read.", "Check its permissions.", exit_code=2)


def _require_writable(folder: Path) -> None:
    """Makes the folder. Raises Problem; the engine would take the failure for one of the image."""
    from imagebus_cli.problem import Problem

    try:
        folder.mkdir(parents=True, exist_ok=True)
        why = "" if os.access(folder, os.W_OK | os.X_OK) else "Permission denied"
    except OSError as error:
        why = str(error.strerror)
    if why:
        raise Problem(f"{folder} cannot be written: {why}.", "Name another folder: --out DIR", exit_code=2)


def _line(row: dict[str, Any], file: str, detail: str) -> str:
    cost = f"[dim]{row['seconds']:.3f} s {row['peak_mb']:.0f} MB[/]"
    if row["outcome"] == "validated":
        size = f"{row['format']} {row['width']}×{row['height']}"
        return f"[green]validated[/] {file}  {size}{_notes(row)}  {cost}"
    return f"[red]rejected [/] {file}  {row['code']}: {detail}  {cost}"


def _notes(row: dict[str, Any]) -> str:
    notes = {
        "trailer": f"followed by {row['trailer']}",
        "truncated": "its end is missing",
        "hdr": f"HDR ({row['hdr']})",
    }
    return "".join(f"  [yellow]{note}[/]" for name, note in notes.items() if row[name])
