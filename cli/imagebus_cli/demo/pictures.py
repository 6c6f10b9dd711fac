"""What the demo uploads: the sample images, or your own folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from imagebus_cli.problem import Problem

#: S3's limit, in bytes of UTF-8.
MAX_KEY = 1024


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


def folder(root: Path) -> list[Picture]:
    """Every file below `root`, with its path there as the key. Hidden files and folders are left out.

    Raises Problem if there is nothing to upload, or a name cannot be an S3 key.
    """
    if not root.is_dir():
        raise Problem(f"There is no folder {root}.", "Name one: make demo IMAGES=DIR", exit_code=2)
    pictures = []
    for place, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(place, name)
            if not name.startswith(".") and path.is_file():
                pictures.append(Picture(_key(path.relative_to(root)), path.read_bytes))
    if not pictures:
        raise Problem(f"There are no files in {root}.", "Put some images there.", exit_code=2)
    return pictures


def _key(path: Path) -> str:
    key = path.as_posix()
    try:
        encoded = key.encode("utf-8")
    except UnicodeEncodeError:
        raise Problem(f"The name of {key!r} is not UTF-8, so it cannot be an S3 key.", "Rename it.") from None
    if len(encoded) > MAX_KEY:
        raise Problem(f"The path {key[:60]!r}… is longer than an S3 key may be.", "Use shorter names.")
    return key
