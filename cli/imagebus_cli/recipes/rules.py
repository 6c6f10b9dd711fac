"""Every mistake in the content of recipes.yml. The rules are the model's own: nothing is stated twice."""

from __future__ import annotations

import base64
import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path as File
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from imagebus.recipes.model import Colour, Definition, Match, Name, RecipeSet
from imagebus_cli.recipes.yamlfile import Document, Mistake, Path

#: What base64 makes of it is the model's limit.
LARGEST_LOGO = 192 * 1024
#: DynamoDB's items have at most 400 KB, and a set is one.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
LARGEST_SET = 380_000
PNG = b"\x89PNG\r\n\x1a\n"

#: What a pattern means.
IN_WORDS = {
    Name: "a name of lower-case letters, digits and hyphens, at most 63",
    Colour: 'a colour such as "#1a2b3c", in quotes',
}

Found = tuple[Path, str]


def check(document: Document, folder: File) -> tuple[RecipeSet | None, list[Mistake]]:
    """The set, or what is wrong. Logos are files, named relative to `folder`."""
    if document.mistakes:
        return None, list(document.mistakes)
    marks = [*_embed_logos(document.value, folder), *_without_mark(document.value)]
    found = [*marks, *_of_type(RecipeSet, document.value, ())]
    recipes = None if found else RecipeSet.read(document.value)
    if recipes:
        found += _never_used(recipes)
    if recipes and len(recipes.canonical()) > LARGEST_SET:
        found += [((), f"with its logos it has more than {LARGEST_SET // 1000} KB; use smaller ones")]
    recipes = None if found else recipes
    mistakes = (Mistake(document.line(path), path, message) for path, message in found)
    return recipes, sorted(mistakes, key=lambda each: each.line)


def _never_used(recipes: RecipeSet) -> Iterator[Found]:
    for number, rule in enumerate(recipes.recipes):
        covering = (each.name for each in recipes.recipes[:number] if _covers(each.match, rule.match))
        for name in islice(covering, 1):
            yield (
                ("recipes", number, "match"),
                f"{name} comes first and fits all of this, so it is never used",
            )


def _covers(one: Match, other: Match) -> bool:
    """Whether every upload that `other` fits is one that `one` fits."""
    formats = one.formats is None or (other.formats is not None and {*other.formats} <= {*one.formats})
    return formats and other.prefix.startswith(one.prefix)


def _embed_logos(value: Any, folder: File) -> Iterator[Found]:
    """Replace the names of logo files by the files in base64."""
    for path, watermark in _watermarks(value):
        if isinstance(name := watermark.get("logo"), str):
            try:
                watermark["logo"] = _logo(folder / name)
            except ValueError as error:
                watermark["logo"] = ""
                yield (*path, "logo"), f"{name}: {error}"


def _without_mark(value: Any) -> Iterator[Found]:
    """The model has no mark by default, for stacks without `WatermarkText`. In a file it is a mistake."""
    for path, watermark in _watermarks(value):
        if not watermark.keys() & {"text", "logo"}:
            yield path, "a watermark needs a text or a logo; watermark: none makes no copy"


def _watermarks(value: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    rules = value.get("recipes") if isinstance(value, dict) else None
    for number, rule in enumerate(rules if isinstance(rules, list) else ()):
        watermark = rule.get("watermark") if isinstance(rule, dict) else None
        if isinstance(watermark, dict):
            yield ("recipes", number, "watermark"), watermark


def _logo(file: File) -> str:
    """In base64. Raises ValueError for what the watermarker would refuse."""
    from imagebus_imaging.watermarking import open_logo

    logo = base64.b64encode(_png(file)).decode()
    open_logo(logo)
    return logo


def _png(file: File) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST_LOGO + 1)
    except OSError as error:
        raise ValueError(error.strerror or "cannot be read") from None
    if not data.startswith(PNG):
        raise ValueError("not a PNG")
    if len(data) > LARGEST_LOGO:
        raise ValueError(f"larger than {LARGEST_LOGO // 1024} KB")
    return data


def _of_type(kind: Any, value: Any, path: Path) -> Iterator[Found]:
    """The mistakes of a value for which the model has a type, each with the place that it is at."""
    origin, arguments = get_origin(kind), get_args(kind)
    bare = arguments[0] if origin is Annotated else kind
    if isinstance(kind, type) and issubclass(kind, Definition):
        yield from _of_definition(kind, value, path)
    elif origin in (Union, UnionType):
        yield from _of_type(_member(arguments, value), value, path)
    elif get_origin(bare) is tuple and isinstance(value, list):
        inner = [
            found for n, each in enumerate(value) for found in _of_type(get_args(bare)[0], each, (*path, n))
        ]
        yield from inner or _of_value(kind, value, path)
    elif get_origin(bare) is Mapping and isinstance(value, dict):
        key_type, value_type = get_args(bare)
        inner = [found for key in value for found in _of_value(key_type, key, (*path, key))]
        inner += _of_items(value_type, value.items(), path)
        yield from inner or _of_value(kind, value, path)
    else:
        yield from _of_value(kind, value, path)


def _of_items(kind: Any, items: Iterable[tuple[str | int, Any]], path: Path) -> list[Found]:
    return [found for name, each in items for found in _of_type(kind, each, (*path, name))]


def _member(members: Sequence[Any], value: Any) -> Any:
    """The member of a union that the value is meant to be: `watermark: none`, or its settings."""
    definitions = [each for each in members if isinstance(each, type) and issubclass(each, Definition)]
    if definitions and not isinstance(value, str):
        return definitions[0]
    return next((each for each in members if each is not NoneType and each not in definitions), members[0])


def _of_definition(kind: type[Definition], value: Any, path: Path) -> Iterator[Found]:
    if not isinstance(value, dict):
        yield path, f"expected fields, of {', '.join(kind.__struct_fields__)}"
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    found: list[Found] = []
    for name in value.keys() - fields.keys():
        close = difflib.get_close_matches(name, fields, 1)
        meant = f"; did you mean {close[0]}?" if close else f"; there are {', '.join(fields)}"
        found.append(((*path, name), f"unknown field{meant}"))
    for name, field in fields.items():
        if name in value:
            found += _of_type(field.type, value[name], (*path, name))
        elif field.required:
            found.append((path, f"{name} is missing"))
    yield from found or _of_value(kind, value, path)


def _of_value(kind: Any, value: Any, path: Path) -> Iterator[Found]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        text = str(error).partition(" - at `")[0]
        yield path, _in_words(kind, value) or ("must not be empty" if text.endswith("length >= 1") else text)


def _in_words(kind: Any, value: Any) -> str:
    if get_origin(kind) is Literal and len(get_args(kind)) == 1:
        return f"{value!r} is neither {get_args(kind)[0]} nor settings"
    if get_origin(kind) is Literal:
        return f"{value!r} is not one of {', '.join(map(str, get_args(kind)))}"
    words = IN_WORDS.get(kind)
    return f"expected {words}" if words else ""
