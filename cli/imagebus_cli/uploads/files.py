"""Which files an upload takes, and their keys."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imagebus.image_types import MIME_OF_EXTENSION
from imagebus_cli.problem import Problem

#: How many names a summary shows for each reason.
NAMES = 3

NO_IMAGE = "no image extension"
NOT_UTF8 = "name not in UTF-8"


@dataclass(frozen=True)
class File:
    path: Path
    key: str
    size: int


@dataclass(frozen=True)
class Skipped:
    """A file or folder that is not uploaded."""

    path: Path
    why: str

    @property
    def name(self) -> str:
        """Its path; bytes that are not UTF-8 are shown as \\xFF."""
        return os.fsencode(self.path).decode(errors="backslashreplace")


Skip = Callable[[Skipped], None]


def collect(paths: Sequence[Path], prefix: str = "", skip: Skip = lambda _: None) -> list[File]:
    """The files, and the images in the folders. In a folder, the key is the path below it.

    Hidden files and folders are left out; what else is left out is given to `skip`. Raises Problem if a path
    does not exist or is neither a file nor a folder, or two files share a key.
    """
    found: dict[str, File] = {}
    for path in paths:
        if not path.exists():
            raise Problem(f"There is no file or folder {path}.", "Check the name.", exit_code=2)
        if not path.is_dir() and not path.is_file():  # a pipe or a device may never end
            raise Problem(f"{path} is neither a file nor a folder.", "Name a file.", exit_code=2)
        for file in _images(path, prefix, skip) if path.is_dir() else [_file(path, prefix + path.name)]:
            if not is_utf8(file.key):
                skip(Skipped(file.path, NOT_UTF8))
                continue
            known = found.setdefault(file.key, file)
            if known.path.resolve() != file.path.resolve():
                raise Problem(
                    f"{known.path} and {file.path} would have the same key, {file.key}.",
                    "Upload them separately, each with its own --prefix.",
                    exit_code=2,
                )
    return list(found.values())


def walk(folder: Path, skip: Skip) -> Iterator[Path]:
    """The files below a folder, by name. Hidden ones are left out; what cannot be read is given to `skip`."""

    def unreadable(error: OSError) -> None:
        skip(Skipped(Path(error.filename), str(error.strerror)))

    for place, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if Path(place, name).is_symlink():
                skip(Skipped(Path(place, name), "link to a folder"))
        for path in (Path(place, name) for name in sorted(files) if not name.startswith(".")):
            if path.is_file():
                yield path
            else:
                broken = path.is_symlink() and not path.exists()
                skip(Skipped(path, "broken link" if broken else "neither file nor folder"))


def summary(skipped: Sequence[Skipped]) -> list[str]:
    """A line such as "3 skipped: 2 no image extension (a.bmp, b.txt), 1 …"; none if nothing was."""
    reasons: dict[str, list[str]] = {}
    for each in skipped:
        reasons.setdefault(each.why, []).append(each.name)
    parts = []
    for why, names in reasons.items():
        more = ", …" if len(names) > NAMES else ""
        parts.append(f"{len(names):,} {why} ({', '.join(names[:NAMES])}{more})")
    return [f"{len(skipped):,} skipped: {', '.join(parts)}"] if parts else []


def is_utf8(key: str) -> bool:
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True


def _images(folder: Path, prefix: str, skip: Skip) -> Iterator[File]:
    for path in walk(folder, skip):
        if content_type(path):
            yield _file(path, prefix + path.relative_to(folder).as_posix())
        else:
            skip(Skipped(path, NO_IMAGE))


def _file(path: Path, key: str) -> File:
    return File(path, key, path.stat().st_size)


def content_type(path: Path) -> str | None:
    """The MIME type of the file's extension, if that is an image type."""
    return MIME_OF_EXTENSION.get(path.suffix.lower().removeprefix("."))
