"""Which files an upload takes, and their keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imagebus.image_types import MIME_OF_EXTENSION
from imagebus_cli.problem import Problem


@dataclass(frozen=True)
class File:
    path: Path
    key: str
    size: int


def collect(paths: Sequence[Path], prefix: str = "") -> list[File]:
    """The files, and the images in the folders. In a folder, the key is the path below it.

    Hidden files and folders are left out. Raises Problem if a path does not exist or two files share a key.
    """
    found: dict[str, File] = {}
    for path in paths:
        if not path.exists():
            raise Problem(f"There is no file or folder {path}.", "Check the name.", exit_code=2)
        for file in _below(path, prefix) if path.is_dir() else [_file(path, prefix + path.name)]:
            known = found.setdefault(file.key, file)
            if known.path.resolve() != file.path.resolve():
                raise Problem(
                    f"{known.path} and {file.path} would have the same key, {file.key}.",
                    "Upload them separately, each with its own --prefix.",
                    exit_code=2,
                )
    return list(found.values())


def _below(folder: Path, prefix: str) -> Iterator[File]:
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if content_type(path) and not hidden and path.is_file():
            yield _file(path, prefix + relative.as_posix())


def _file(path: Path, key: str) -> File:
    return File(path, key, path.stat().st_size)


def content_type(path: Path) -> str | None:
    """The MIME type of the file's extension, if that is an image type."""
    return MIME_OF_EXTENSION.get(path.suffix.lower().removeprefix("."))
