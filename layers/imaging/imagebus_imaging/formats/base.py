"""What every walk returns, and the refusals they share."""

from __future__ import annotations

from dataclasses import dataclass

from imagebus_imaging.interface import Hdr, Limits, Rejected

MAX_PARTS = 100_000
"""Segments, chunks or boxes that a walk visits before the file counts as too costly."""

Span = tuple[int, int]
_GAP = 16  # spans nearer to each other than this are kept as one


@dataclass(frozen=True, slots=True)
class Structure:
    """Sizes as stored, before orientation. `end` is where the image ends and trailing data begins.

    `metadata` locates the bytes that are not pixels. `decoder_bytes` is the memory that decoding needs,
    computed in advance because a decoder that runs out of memory cannot always report it. `open_ended` means
    that the walk stopped at `end`, where the pixels begin: the decoder reads them anyway and finds their end.
    `truncated` means that the end of the image is missing. `declares_video` is stated by the XMP of a motion
    photo.
    """

    width: int
    height: int
    end: int
    frames: int = 1
    metadata: tuple[Span, ...] = ()
    decoder_bytes: int = 0
    declares_video: bool = False
    open_ended: bool = False
    truncated: bool = False
    hdr: Hdr | None = None


class Metadata:
    """The locations of metadata, added up against the limit during the walk."""

    def __init__(self, limits: Limits) -> None:
        self.spans: list[Span] = []
        self._limits, self._size = limits, 0

    def add(self, start: int, end: int) -> None:
        self._size += end - start
        if self._size > self._limits.max_metadata_bytes:
            raise Rejected(
                "too_costly", "the metadata is too large", self._limits.max_metadata_bytes, self._size
            )
        if self.spans and start - self.spans[-1][1] <= _GAP:
            start = self.spans.pop()[0]
        self.spans.append((start, end))


def corrupt(detail: str) -> Rejected:
    return Rejected("corrupt", detail)


def too_many_parts(actual: int) -> Rejected:
    return Rejected("too_costly", "the file is cut into too many parts", MAX_PARTS, actual)


def check_frames(frames: int, pixels: int, limits: Limits) -> None:
    """Called while frames are counted, so that a walk stops at the first frame over the budget."""
    if frames > limits.max_frames:
        raise Rejected("too_many_frames", "too many frames", limits.max_frames, frames)
    if frames > 1 and frames * pixels > limits.max_frames_pixels:
        raise Rejected(
            "too_many_frames", "too many frames of this size", limits.max_frames_pixels, frames * pixels
        )


def check_size(structure: Structure, name: str, size: int, limits: Limits) -> None:
    """The limits on what the structure claims: pixels, pixels per byte, and memory for its decoder."""
    pixels = structure.width * structure.height
    if pixels > limits.max_pixels:
        raise Rejected(
            "too_many_pixels", f"{structure.width}x{structure.height} pixels", limits.max_pixels, pixels
        )
    floor = limits.max_pixels_per_byte.get(name)
    if floor and pixels > limits.floor_pixels and pixels > floor * size:
        raise Rejected("too_costly", "too many pixels for so few bytes", floor, round(pixels / size))
    if structure.decoder_bytes > limits.memory_bytes:
        raise Rejected(
            "too_costly",
            "decoding needs more memory than allowed",
            limits.memory_bytes,
            structure.decoder_bytes,
        )
