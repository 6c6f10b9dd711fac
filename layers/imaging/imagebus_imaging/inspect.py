"""The engine on local files: what would be accepted or rejected, why, and at what cost. No file can crash it.

Each file is handled in its own child process, so that its seconds and peak memory are its own.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from imagebus.recipes.model import Watermark
from imagebus_imaging.deriving import thumbnails
from imagebus_imaging.interface import Derived, ImageInfo, Limits, Rejected
from imagebus_imaging.sandbox import DecoderFault, DecoderStalled, run_child
from imagebus_imaging.validation import DEFAULT_LIMITS, check_size_and_type, validate
from imagebus_imaging.watermarking import watermark

DEFAULT_SIZES = ((100, 100), (320, 320), (640, 480), (1280, 1280))
_HEAD = 512
# Limits for a file's own child, which reads, walks and makes derived images; its decoder has separate limits.
# A backstop, not a verdict on the image.
_BACKSTOP_SECONDS = 120
_TRIES = 3


def inspect_file(
    path: str | os.PathLike[str],
    limits: Limits = DEFAULT_LIMITS,
    out_dir: str | os.PathLike[str] | None = None,
) -> dict[str, Any]:
    """One file's outcome: file, outcome ("validated" or "rejected"), code, format, width, height, seconds,
    peak_mb (of that file's own process, 0 where none was needed), detail, trailer, truncated and hdr.

    With `out_dir`, thumbnails and the watermarked image of a validated file are written there, in a folder of
    the file's name. What cannot be read (a folder, a pipe, a dangling link, no permission) is `rejected` as
    `gone`.
    """
    file, started = Path(path), time.perf_counter()
    row: dict[str, Any] = {
        "file": str(path),
        "outcome": "rejected",
        "code": None,
        "format": None,
        "width": None,
        "height": None,
        "seconds": 0.0,
        "peak_mb": 0.0,
        "detail": None,
        "trailer": None,
        "truncated": False,
        "hdr": None,
    }
    try:
        _check_readable(file, limits)
        seen, row["peak_mb"] = _in_child(file, limits, Path(out_dir) if out_dir else None)
        row |= seen
    except Rejected as refusal:
        row |= _refused(refusal)
    row["seconds"] = round(time.perf_counter() - started, 4)
    row["peak_mb"] = round(row["peak_mb"], 1)
    return row


def inspect_paths(
    paths: Iterable[str | os.PathLike[str]],
    limits: Limits = DEFAULT_LIMITS,
    out_dir: str | os.PathLike[str] | None = None,
) -> Iterator[dict[str, Any]]:
    """`inspect_file` for each file. Folders are walked in name order; links to folders are not followed."""
    for path in paths:
        if not Path(path).is_dir():
            yield inspect_file(path, limits, out_dir)
            continue
        for folder, below, names in os.walk(path):
            below.sort()
            for name in sorted(names):
                yield inspect_file(Path(folder) / name, limits, out_dir)


def _check_readable(file: Path, limits: Limits) -> None:
    """Refuses what must not be opened: opening a pipe would block forever."""
    try:
        status = file.stat()
    except (OSError, ValueError) as error:
        raise Rejected("gone", f"cannot be read: {_reason(error)}") from None
    if not stat.S_ISREG(status.st_mode):
        raise Rejected("gone", "not a regular file")
    if status.st_size == 0:
        raise Rejected("empty", "the file has no bytes", 1, 0)
    if status.st_size > limits.max_bytes:
        raise Rejected("too_many_bytes", "the file is too large", limits.max_bytes, status.st_size)


def _in_child(file: Path, limits: Limits, out_dir: Path | None) -> tuple[Mapping[str, Any], float]:
    # The inner child has a decode's limits; this one only a backstop, and it may write files.
    loose = replace(
        limits, cpu_seconds=_BACKSTOP_SECONDS, wall_seconds=_BACKSTOP_SECONDS, memory_bytes=1 << 33
    )
    child = run_child(lambda: _judge(file, limits, out_dir), loose, writes_files=out_dir is not None)
    answer = child.answer or {}
    if "rejected" in answer:
        return _refused(Rejected(*answer["rejected"])), child.peak_mb
    if "result" in answer:
        return answer["result"], child.peak_mb
    fault = answer.get("fault", f"the process ended with signal {child.signal}")
    return {"outcome": "rejected", "code": "too_costly", "detail": f"gave up: {fault}"}, child.peak_mb


def _judge(file: Path, limits: Limits, out_dir: Path | None) -> Mapping[str, Any]:
    try:
        with file.open("rb") as stream:
            # A file of unknown format is refused by its first bytes, whatever its size.
            name = check_size_and_type(stream.read(_HEAD), limits)
            stream.seek(0)
            data = stream.read(limits.max_bytes + 1)
    except OSError as error:
        raise Rejected("gone", f"cannot be read: {_reason(error)}") from None
    try:
        info = _validated(data, limits)
    except Rejected as refusal:
        return _refused(refusal) | {"format": name}
    except (DecoderStalled, DecoderFault) as trouble:
        raise Rejected("too_costly", f"gave up: {trouble}") from None
    if out_dir:
        _write(data, out_dir / file.name)
    return {
        "outcome": "validated",
        "format": info.format,
        "width": info.width,
        "height": info.height,
        "trailer": f"{info.trailer.kind}, {info.trailer.bytes} bytes" if info.trailer else None,
        "truncated": info.truncated,
        "hdr": info.hdr,
    }


def _validated(data: bytes, limits: Limits) -> ImageInfo:
    """As the queue does: retries problems of the machine."""
    for _ in range(_TRIES - 1):
        with suppress(DecoderStalled):
            return validate(data, limits)
    return validate(data, limits)


def _write(data: bytes, folder: Path) -> None:
    made: list[Derived] = [*thumbnails(data, DEFAULT_SIZES), watermark(data, Watermark(text="imagebus"))]
    folder.mkdir(parents=True, exist_ok=True)
    for derived in made:
        (folder / f"{derived.name}.{derived.extension}").write_bytes(derived.data)


def _refused(refusal: Rejected) -> dict[str, Any]:
    detail = refusal.detail
    if refusal.limit is not None:
        detail += f" (limit {refusal.limit}, actual {refusal.actual})"
    return {"outcome": "rejected", "code": refusal.code, "detail": detail}


def _reason(error: Exception) -> str:
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
