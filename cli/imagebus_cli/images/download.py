"""Files that `get` writes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from botocore.exceptions import ClientError

from imagebus_cli.images.lookup import unknown
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack

CHUNK = 1 << 20

#: As a file name: standard output.
STDOUT = "-"


def fetch(
    stack: Stack, key: str, place: dict[str, str], target: str, *, force: bool, make_folder: bool = False
) -> int:
    """Write the object to a file (`-`: standard output) completely or not at all; returns its size.

    Raises Problem, also for a file that exists, unless `force`.
    """
    require_free({key: target}, force=force)
    try:
        body = stack.s3.get_object(**place)["Body"]  # type: ignore[arg-type]
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        raise unknown(key) from error
    if target == STDOUT:
        return _copy(body, sys.stdout.buffer)
    file = Path(target)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        if make_folder:
            file.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as out:
            size = _copy(body, out)
        draft.replace(file)
    except OSError as error:
        raise Problem(f"{file} cannot be written: {error.strerror}.", "Name another file with -o.") from error
    finally:
        draft.unlink(missing_ok=True)
    return size


def _copy(body: Any, out: IO[bytes]) -> int:
    size = 0
    for chunk in _chunks(body):
        size += out.write(chunk)
    out.flush()
    return size


def _chunks(body: Any) -> Iterator[bytes]:
    while chunk := body.read(CHUNK):
        yield chunk


def require_free(files: Mapping[str, str], *, force: bool) -> None:
    """Raises Problem if two images would be written to one file, if what is there is not a regular file, or
    if a file is there and `force` is not set.
    """
    owners: dict[str, str] = {}
    for key, file in files.items():
        if file in owners:
            raise Problem(
                f"{owners[file]!r} and {key!r} would both be written to {file}.",
                "Download them into different folders, or with --prefix, which keeps their folders.",
                exit_code=2,
            )
        owners[file] = key
    for file in owners:
        if file != STDOUT and Path(file).exists() and not Path(file).is_file():  # a device would be replaced
            raise Problem(
                f"{file} is not a regular file.", "Name another, or - for standard output: -o -", exit_code=2
            )
    there = [file for file in owners if file != STDOUT and not force and Path(file).exists()]
    if there:
        what = f"{there[0]} exists." if len(there) == 1 else f"{there[0]} and {len(there) - 1} more exist."
        raise Problem(what, "Name another file or folder with -o, or overwrite: --force", exit_code=2)


@dataclass(frozen=True)
class Target:
    """What -o names: a file, a folder (None: the working directory), or neither."""

    name: str | None
    folder: Path | None
    #: How much of a key's beginning --prefix takes away; None where only the last part of a key counts.
    cut: int | None = None

    @classmethod
    def of(cls, output: str | None, prefix: str | None, *, several: bool) -> Target:
        """Raises Problem if several images would go to one file."""
        is_folder = output is not None and (output.endswith("/") or Path(output).is_dir())
        if several and not is_folder and output is not None and (output == STDOUT or Path(output).exists()):
            raise Problem("Several images need a folder.", "Name one: -o DIR", exit_code=2)
        if not several and not is_folder:
            return cls(output, None)
        if output is None:
            raise Problem("Several images need a folder.", "Name one: -o DIR, or -o .", exit_code=2)
        return cls(None, Path(output), None if prefix is None else prefix.rfind("/") + 1)

    def file(self, key: str, derived: str | None, stored: str) -> str:
        """Where the image goes. Raises Problem if its key cannot be a path there."""
        if self.name is not None:
            return self.name
        name = name_of(key, derived, stored)
        if self.folder is None:
            return name
        parents = [] if self.cut is None else key[self.cut :].split("/")[:-1]
        if any(part in ("", ".", "..") or "\0" in part for part in parents):
            raise Problem(
                f"The key {key!r} is not a valid path below a folder.",
                "Download it alone: -o FILE",
                exit_code=1,
            )
        return str(self.folder.joinpath(*parents, name))


def file_name(key: str) -> str:
    """The name of the key's file in the working directory. Raises Problem if the key has none."""
    name = key.rsplit("/", 1)[-1]
    if name in ("", ".", "..") or "\0" in name or name == STDOUT:
        raise Problem(f"The key {key!r} does not end in a file name.", "Name a file: -o FILE", exit_code=2)
    return name


def name_of(key: str, derived: str | None, stored: str) -> str:
    """The file's name, after the image's own: photo.jpg, or photo.320x320.webp of what is derived from it.

    `stored` is the key of the derived image. Raises Problem if the key does not end in a file name.
    """
    name = file_name(key)
    return f"{Path(name).stem}.{derived}{Path(stored).suffix}" if derived else name
