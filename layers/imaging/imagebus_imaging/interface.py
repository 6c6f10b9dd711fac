"""The engine's inputs and results. Imports no imaging library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from imagebus.image_types import EXTENSION_OF_FORMAT, FORMATS

if TYPE_CHECKING:
    from imagebus.recipes.model import OutputFormat, Variant

RECIPE = "2026-11.6"
"""Identifies the pixels: bumped whenever the same bytes and settings would give different derived images."""

Code = Literal[
    "unsupported_format",
    "empty",
    "too_many_bytes",
    "too_many_pixels",
    "too_many_frames",
    "too_costly",
    "corrupt",
    "trailing_data",
    "gone",
]
Hdr = Literal["pq", "hlg", "gain-map"]
Policy = Literal["accept", "strict", "allow"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What an upload may cost. Every refusal names the limit and the value that broke it.

    `max_pixels` bounds one frame, `max_frames_pixels` the sum over all frames of an animation. An image of
    more than `floor_pixels` must bring at least one byte for each `max_pixels_per_byte` pixels of its format:
    JPEG alone needs it, because its decoder makes up what is missing (a blank JPEG has about 350).
    `cpu_seconds`, `wall_seconds` and `memory_bytes` bound the child process that decodes; the memory is what
    it may allocate beyond its parent. Only its own CPU time and memory can refuse an image: `wall_seconds` is
    the machine's, and running out of it is a reason to retry.

    `trailing_data` says what may follow an image: "accept" refuses what another program would open, "strict"
    everything but what cameras have always written, "allow" nothing. `truncated` accepts an image whose end
    is missing, as browsers do.
    """

    formats: frozenset[str] = field(default=frozenset(FORMATS))
    max_bytes: int = 50 * 1024 * 1024
    max_pixels: int = 100_000_000
    max_frames: int = 2_000
    max_frames_pixels: int = 500_000_000
    max_scans: int = 100
    max_scans_pixels: int = 2_000_000_000
    max_metadata_bytes: int = 16 * 1024 * 1024
    max_pixels_per_byte: Mapping[str, int] = field(default_factory=lambda: {"JPEG": 600})
    floor_pixels: int = 1_000_000
    cpu_seconds: float = 6
    wall_seconds: float = 24
    memory_bytes: int = 384 * 1024 * 1024
    trailing_data: Policy = "accept"
    truncated: bool = True


class Rejected(Exception):
    """The bytes are permanently refused. Never retry: the same bytes would be refused again."""

    def __init__(
        self,
        code: Code,
        detail: str,
        limit: int | float | None = None,
        actual: int | float | None = None,
    ) -> None:
        super().__init__(code, detail, limit, actual)
        self.code: Code = code
        self.detail = detail
        self.limit = limit
        self.actual = actual

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Trailer:
    """What follows an image: the names of its parts in order, joined by "+", and the number of bytes."""

    kind: str
    bytes: int


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """The result of validation. `width` and `height` are as displayed: the EXIF orientation is applied. `hdr`
    says that the image was made for brighter screens: by its transfer function, or by a gain map beside it.
    """

    format: str
    mime: str
    width: int
    height: int
    mode: str
    has_alpha: bool
    frames: int
    orientation: int
    sha256: str
    size: int
    trailer: Trailer | None = None
    truncated: bool = False
    hdr: Hdr | None = None


class Output(Protocol):
    """What to derive: a variant in one of its formats. `imagebus.recipes.missing` lists those of a recipe."""

    @property
    def name(self) -> str: ...
    @property
    def variant(self) -> Variant: ...
    @property
    def format(self) -> OutputFormat: ...


@dataclass(frozen=True, slots=True)
class Derived:
    """One image made from another: pixels, colour profile, and nothing else of the source."""

    name: str
    width: int
    height: int
    format: str
    mime: str
    data: bytes
    sha256: str
    frames: int = 1

    @property
    def extension(self) -> str:
        return EXTENSION_OF_FORMAT[self.format]


@dataclass(frozen=True, slots=True)
class Description:
    """An image's metadata, without anything that reveals where or by whose camera it was taken."""

    properties: dict[str, Any]
    exif: dict[str, Any]
    dominant_colors: list[str]
    thumbhash: str
    phash: str


@dataclass(frozen=True, slots=True)
class AnalysisJpeg:
    """The image sent to a label detector. `share` is the fraction of its width and height that the picture
    fills.

    The picture is in the upper left; the rest is padding. Fractions of the JPEG divided by `share` are
    fractions of the picture.
    """

    data: bytes
    share: tuple[float, float]
