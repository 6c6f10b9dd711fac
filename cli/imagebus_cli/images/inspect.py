"""`imagebus inspect`: the image engine on local files, without AWS."""

from __future__ import annotations

from collections import Counter
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
) -> None:
    """Show which local files the pipeline would accept or reject, why, and the time and memory each takes."""
    from imagebus.image_types import FORMATS
    from imagebus_imaging import Limits
    from imagebus_imaging.inspect import inspect_paths

    formats = frozenset((*FORMATS, *(each.name for each in accept or ())))
    rows = inspect_paths(paths, Limits(formats=formats), out_dir=out)
    if json_lines:
        import json
        import sys

        for row in rows:
            sys.stdout.write(json.dumps(row) + "\n")  # ASCII: a file name need not be UTF-8
            sys.stdout.flush()
        return
    from imagebus_cli.output.terminal import console, safe

    counts: Counter[str] = Counter()
    for row in rows:
        counts[row["outcome"]] += 1
        console.print(_line(row, safe(row["file"]), safe(row["detail"] or "")), soft_wrap=True)
    console.print(f"{counts['validated']} validated, {counts['rejected']} rejected")


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
