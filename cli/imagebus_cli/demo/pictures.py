"""What the demo uploads: the sample images, or your own folder."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from imagebus_cli.problem import Problem
from imagebus_cli.uploads.files import NOT_UTF8, Skip, Skipped, is_utf8, walk
from imagebus_cli.uploads.transfer import MAX_KEY_BYTES


@dataclass(frozen=True)
class Picture:
    """`expected` is completed, rejected or None (either); `code` is the expected reason of a rejection."""

    key: str
    read: Callable[[], bytes]
    expected: str | None = None
    code: str | None = None


def samples() -> list[Picture]:
    """The sample images, generated two at a time."""
    from samples.catalog import SAMPLES

    with ThreadPoolExecutor(2) as pool:
        painted = list(pool.map(lambda sample: sample.make(), SAMPLES))
    return [
        Picture(sample.key, partial(bytes, data), sample.expected, sample.code)
        for sample, data in zip(SAMPLES, painted, strict=True)
    ]


def folder(root: Path, skip: Skip) -> list[Picture]:
    """Every file below `root`, with its path there as the key. What cannot be uploaded is given to `skip`.

    Hidden files and folders are left out. Raises Problem if there is nothing to upload.
    """
    if not root.is_dir():
        raise Problem(f"There is no folder {root}.", "Name one: make demo IMAGES=DIR", exit_code=2)
    pictures = []
    for path in walk(root, skip):
        key = path.relative_to(root).as_posix()
        why = _obstacle(path, key)
        if why:
            skip(Skipped(path, why))
        else:
            pictures.append(Picture(key, path.read_bytes))
    return pictures


def _obstacle(path: Path, key: str) -> str | None:
    """Why a file cannot be uploaded, or None."""
    if not is_utf8(key):
        return NOT_UTF8
    if len(key.encode()) > MAX_KEY_BYTES:
        return f"path longer than {MAX_KEY_BYTES} bytes"
    try:
        with path.open("rb"):
            return None
    except OSError as error:
        return str(error.strerror)
