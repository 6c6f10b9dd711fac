"""Files that `get` writes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from botocore.exceptions import ClientError

from imagebus_cli.images.lookup import unknown
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack

CHUNK = 1 << 20

#: As a file name: standard output.
STDOUT = "-"


def fetch(stack: Stack, key: str, place: dict[str, str], target: str, *, force: bool) -> int:
    """Write the object to a file (`-`: standard output) completely or not at all; returns its size.

    Raises Problem, also for a file that exists, unless `force`.
    """
    if target != STDOUT and not force and Path(target).exists():
        raise Problem(f"{target} exists.", "Name another file with -o, or overwrite it: --force", exit_code=2)
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


def file_name(key: str) -> str:
    """The name of the key's file in the working directory. Raises Problem if the key has none."""
    name = key.rsplit("/", 1)[-1]
    if name in ("", ".", "..") or "\0" in name or name == STDOUT:
        raise Problem("The key does not end in a file name.", "Name a file with -o FILE.", exit_code=2)
    return name


def name_of(key: str, derived: str | None, stored: str) -> str:
    """The file's name, after the image's own: photo.jpg, or photo.320x320.webp of what is derived from it.

    `stored` is the key of the derived image. Raises Problem if the key does not end in a file name.
    """
    name = file_name(key)
    return f"{Path(name).stem}.{derived}{Path(stored).suffix}" if derived else name
