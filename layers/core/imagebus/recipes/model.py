"""Recipes and variants. Both are immutable, and named by a digest of their content.

Ids leave out what has its default value, so that a field added later changes no id. A default therefore
never changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, Literal, Self

import msgspec

from imagebus.events.model import prepare
from imagebus.identity import canonical_json

Side = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}\Z")]
Colour = Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-fA-F]{6}\Z")]
Quality = Annotated[int, msgspec.Meta(ge=1, le=100)]
Fit = Literal["inside", "cover", "contain", "exact"]
Focus = Literal["centre", "entropy", "faces"]
#: `source` is the format of the upload, or the one that suits it where we do not write that format.
OutputFormat = Literal["source", "jpeg", "png", "webp", "avif"]
UploadFormat = Literal["jpeg", "png", "webp", "gif", "avif", "heif", "tiff", "jxl"]
Position = Literal[
    "top-left", "top", "top-right", "left", "center", "right", "bottom-left", "bottom", "bottom-right"
]

#: Where the box decides the size of the result: what WebP can write, and what a worker has memory for.
MAX_SIDE, MAX_PIXELS = 16_383, 25_000_000
#: Of the digest of a definition; enough for all recipes and variants that a team will ever write.
DIGITS = 12


class InvalidRecipe(ValueError):
    """The definition is invalid. `path` names the place as in `$.recipes[0].variants.card.width`."""

    def __init__(self, message: str, path: str = "$") -> None:
        super().__init__(f"{path}: {message}")
        self.message = message
        self.path = path


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """Unknown fields are errors. The `dict` holds what is computed once."""

    def settings(self) -> dict[str, Any]:
        """Plain JSON without what has its default value: writing a default down changes nothing.

        msgspec's own omit_defaults leaves out what *is* the default, and keeps what equals it.
        """
        fields = ((name, getattr(self, name), default) for name, default in _defaults(type(self)).items())
        return {name: _plain(value) for name, value, default in fields if value != default}

    def canonical(self) -> str:
        return canonical_json(self.settings())

    @cached_property
    def id(self) -> str:
        return digest(self.canonical())

    @classmethod
    def read(cls, value: Any) -> Self:
        """From plain JSON. Raises InvalidRecipe."""
        prepare(cls)
        try:
            return msgspec.convert(value, cls)
        except msgspec.ValidationError as error:
            message, path = _parted(str(error))
            raise InvalidRecipe(message, path) from None


class Variant(Definition, frozen=True):
    """One derived image, in one or more formats from one decode. Sides are pixels of the image as displayed.

    - `inside` keeps all of the image and its shape. It needs one side at least, the others need both.
    - `cover` fills the box and crops what is outside it. A source that is too small for the box gives the
      largest crop of the same shape.
    - `contain` keeps all of the image, in the middle of a `background` that has the size of the box.
    - `exact` has the size of the box, whatever becomes of the image's shape. It alone enlarges.

    `focus` decides where `cover` crops: around the centre, where the grey levels have the highest entropy, or
    around the largest faces (by entropy if there are none). `quality` is by the format that is written;
    `sharpen` is the strength in percent of an unsharp mask of 0.5 pixels, after scaling. `background` is also
    behind transparent pixels: always in `contain`, otherwise only where the format has no transparency.
    `linear` scales in linear light. `animated` gives animated WebP for what moves, where the format is source
    or webp. A side that its format cannot write (more than 16,383 pixels in WebP) is made shorter.
    """

    width: Side | None = None
    height: Side | None = None
    fit: Fit = "inside"
    focus: Focus = "centre"
    background: Colour = "#ffffff"
    formats: Annotated[tuple[OutputFormat, ...], msgspec.Meta(min_length=1, max_length=5)] = ("source",)
    quality: Mapping[Literal["jpeg", "webp", "avif"], Quality] = {}
    sharpen: Annotated[int, msgspec.Meta(ge=0, le=200)] = 0
    linear: bool = False
    animated: bool = False

    def __post_init__(self) -> None:
        sides = (self.width is not None) + (self.height is not None)
        if sides == 0:
            raise ValueError("a variant needs a width, a height, or both")
        if sides == 1 and self.fit != "inside":
            raise ValueError(f"fit: {self.fit} needs a width and a height")
        if self.fit != "inside" and max(self.width or 0, self.height or 0) > MAX_SIDE:
            raise ValueError(f"fit: {self.fit} has sides of at most {MAX_SIDE} pixels")
        if self.fit in ("contain", "exact") and (self.width or 0) * (self.height or 0) > MAX_PIXELS:
            raise ValueError(f"fit: {self.fit} has at most {MAX_PIXELS} pixels")
        if self.focus != "centre" and self.fit != "cover":
            raise ValueError(f"focus: {self.focus} needs fit: cover, which alone cuts something off")
        if len(set(self.formats)) < len(self.formats):
            raise ValueError("a format is named twice")

    def output_id(self, output_format: OutputFormat, engine: str, faces: str = "") -> str:
        """Names the object of one format: the same picture of the same upload, whatever recipe asks for it.

        `engine` is the engine's number. `faces` is a digest of the faces that decided what is shown.
        """
        settings = self.settings()
        settings.pop("formats", None)
        qualities = settings.pop("quality", {})
        # What the source's format is, is known only when the image is written.
        quality = (qualities or None) if output_format == "source" else qualities.get(output_format)
        return digest(canonical_json([engine, settings, output_format, quality, *[faces] * bool(faces)]))


class Watermark(Definition, frozen=True):
    """The copy for public display: at most `max_side` pixels, marked with a text or a logo.

    `logo` is a PNG in base64; recipes.yml names a file. `scale` is the mark's width relative to the image's.
    """

    text: Annotated[str, msgspec.Meta(max_length=200)] = ""
    logo: Annotated[str, msgspec.Meta(max_length=256 * 1024)] = ""
    position: Position = "bottom-right"
    opacity: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    scale: Annotated[float, msgspec.Meta(ge=0.01, le=1)] = 0.25
    max_side: Annotated[int, msgspec.Meta(ge=16, le=65535)] = 2048
    format: OutputFormat = "source"
    background: Colour = "#ffffff"

    def __post_init__(self) -> None:
        if self.text and self.logo:
            raise ValueError("a watermark has a text or a logo")

    def output_id(self, engine: str) -> str:
        return digest(canonical_json([engine, self.settings()]))


class Match(Definition, frozen=True):
    """The uploads that a recipe is for: their key begins with `prefix`, and they are of one of `formats`."""

    prefix: Annotated[str, msgspec.Meta(max_length=1024)] = ""
    formats: Annotated[tuple[UploadFormat, ...], msgspec.Meta(min_length=1)] | None = None

    def fits(self, image_key: str, image_format: str) -> bool:
        return image_key.startswith(self.prefix) and (
            self.formats is None or image_format.lower() in self.formats
        )


class Recipe(Definition, frozen=True):
    """Everything that is derived from one image, by the variants' names."""

    variants: Annotated[Mapping[Name, Variant], msgspec.Meta(min_length=1, max_length=50)]
    watermark: Watermark | Literal["none"] = "none"

    def __post_init__(self) -> None:
        if sum(len(each.formats) for each in self.variants.values()) > 50:
            raise ValueError("a recipe has at most 50 derived images, each variant in each of its formats")


class Rule(Definition, frozen=True):
    """A recipe, its name, and the uploads that it is for; without `match`, for all."""

    name: Name
    variants: Annotated[Mapping[Name, Variant], msgspec.Meta(min_length=1, max_length=50)]
    watermark: Watermark | Literal["none"] = "none"
    match: Match = Match()

    def __post_init__(self) -> None:
        Recipe(variants=self.variants, watermark=self.watermark)

    @cached_property
    def recipe(self) -> Recipe:
        """The name and the match are not part of it: changing them derives nothing again."""
        return Recipe(variants=self.variants, watermark=self.watermark)


class RecipeSet(Definition, frozen=True):
    """What recipes.yml holds. The first rule that fits an upload decides; the last fits every upload."""

    recipes: Annotated[tuple[Rule, ...], msgspec.Meta(min_length=1, max_length=50)]

    def __post_init__(self) -> None:
        *others, last = self.recipes
        if last.match != Match():
            raise ValueError("the last recipe must fit every upload: it has no match")
        unreachable = [rule.name for rule in others if rule.match == Match()]
        if unreachable:
            raise ValueError(f"{unreachable[0]} fits every upload, so no recipe after it is ever used")
        names = [rule.name for rule in self.recipes]
        if len(set(names)) < len(names):
            raise ValueError("two recipes have the same name")

    def rule_for(self, image_key: str, image_format: str) -> Rule:
        return next(rule for rule in self.recipes if rule.match.fits(image_key, image_format))

    def recipe_for(self, image_key: str, image_format: str) -> Recipe:
        return self.rule_for(image_key, image_format).recipe


@dataclass(frozen=True, slots=True)
class Active:
    """The set that is promoted, and those before it, the latest first: what an image shows until it has the
    newer variants. None is a stack without a promotion: each image shows what it was made with."""

    current: RecipeSet | None = None
    earlier: Sequence[RecipeSet] = ()

    @property
    def in_order(self) -> tuple[RecipeSet, ...]:
        return (self.current, *self.earlier) if self.current else ()


def _parted(text: str) -> tuple[str, str]:
    """Message and path of msgspec's "… - at `$.width`"; of a map's names, "… - at `key` in `$.variants`"."""
    message, found, path = text.rpartition(" - at `")
    return (message, path.removeprefix("key` in `").rstrip("`")) if found else (text, "$")


def _plain(value: Any) -> Any:
    match value:
        case Definition():
            return value.settings()
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case tuple():
            return [_plain(each) for each in value]
    return value


@cache
def _defaults(kind: type[Definition]) -> Mapping[str, Any]:
    """By the names of all fields; msgspec resolves its annotations each time."""
    return {each.name: _default(each) for each in msgspec.structs.fields(kind)}


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
