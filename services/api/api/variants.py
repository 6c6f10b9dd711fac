"""The variants of an image by name and format, and the HTML that lets a browser choose among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

from api.accept import MODERN
from api.models import Picture, Variant, VariantFile
from imagebus.image_types import MIME_OF_FORMAT, most_compatible
from imagebus.recipes.model import Recipe

#: A side differs by up to a pixel from what the shape of a larger variant would give.
ROUNDING = 1


def by_name(thumbnails: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Thumbnails, as events list them, by variant and format."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for each in thumbnails:
        found.setdefault(each["name"], {})[each["format"]] = each
    return found


def variant(link: str, files: Mapping[str, Mapping[str, Any]], url: Callable[[str], str]) -> Variant:
    """One variant with an entry for each of its formats. `url` is where the object of a key can be read."""
    return Variant(
        link=link,
        formats=[
            VariantFile(
                format=image_format.lower(),
                mime=MIME_OF_FORMAT[image_format],
                width=each["width"],
                height=each["height"],
                bytes=each["bytes"],
                url=url(each["key"]),
            )
            for image_format, each in files.items()
        ],
    )


def pictures(variants: Mapping[str, Variant], recipe: Recipe | None, thumbhash: str | None) -> list[Picture]:
    """The variants that show the same at different sizes, together; the largest first.

    A browser may exchange the images of one srcset as it likes. So a square crop is never in one with the
    whole image.
    """
    return [_picture(names, variants, thumbhash) for names in _alike(variants, recipe)]


def _alike(variants: Mapping[str, Variant], recipe: Recipe | None) -> list[list[str]]:
    groups: list[list[str]] = []
    for name in sorted(variants, key=lambda each: (-_area(variants[each]), each)):
        for group in groups:
            same_kind = _kind(recipe, name) == _kind(recipe, group[0])
            if same_kind and _same_shape(variants[name], variants[group[0]]):
                group.append(name)
                break
        else:
            groups.append([name])
    return groups


def _kind(recipe: Recipe | None, name: str) -> tuple[str, ...]:
    """What else than the size decides what a variant shows. Unknown for images from before recipes."""
    found = recipe.variants.get(name) if recipe else None
    return (found.fit, found.focus, found.background) if found else ()


def _area(of: Variant) -> int:
    return of.formats[0].width * of.formats[0].height


def _same_shape(small: Variant, large: Variant) -> bool:
    a, b = small.formats[0], large.formats[0]
    return abs(a.width * b.height - a.height * b.width) <= ROUNDING * max(b.width, b.height)


def _picture(names: Sequence[str], variants: Mapping[str, Variant], thumbhash: str | None) -> Picture:
    by_format: dict[str, dict[int, VariantFile]] = {}
    for name in names:
        for each in variants[name].formats:
            widths = by_format.setdefault(each.format, {})
            # A small upload has several variants of one width, but a srcset has one file for each.
            widths[each.width] = min(widths.get(each.width, each), each, key=lambda file: file.bytes)
    srcset = {
        image_format: ", ".join(f"{widths[width].url} {width}w" for width in sorted(widths))
        for image_format, widths in by_format.items()
    }
    fallback = most_compatible([each.upper() for each in by_format]).lower()
    largest = by_format[fallback][max(by_format[fallback])]
    return Picture(variants=list(names), srcset=srcset, html=_html(srcset, largest, thumbhash))


def _html(srcset: Mapping[str, str], largest: VariantFile, thumbhash: str | None) -> str:
    sources = [each.lower() for each in MODERN if each.lower() in srcset and each.lower() != largest.format]
    width = largest.width
    # `auto` is the width that the page gives the image. Browsers that do not know it skip it.
    # https://html.spec.whatwg.org/multipage/images.html#sizes-attributes
    sizes = f"auto, (max-width: {width}px) 100vw, {width}px"
    lines = [_tag("source", type=f"image/{each}", srcset=srcset[each], sizes=sizes) for each in sources] + [
        _tag(
            "img",
            src=largest.url,
            srcset=srcset[largest.format],
            sizes=sizes,
            width=str(width),
            height=str(largest.height),
            alt="",
            loading="lazy",
            **{"data-thumbhash": thumbhash} if thumbhash else {},
        )
    ]
    return "\n".join(["<picture>", *(f"  {line}" for line in lines), "</picture>"])


def _tag(name: str, **attributes: str) -> str:
    pairs = [f'{each}="{escape(value)}"' for each, value in attributes.items()]
    return f"<{' '.join([name, *pairs])}>"
