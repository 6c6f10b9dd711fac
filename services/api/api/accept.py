"""Which format to answer with, by the caller's Accept header (RFC 9110, 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from imagebus.image_types import COMPATIBLE, MIME_OF_FORMAT

#: Smaller files, but not every program shows them: only for callers that name them, as browsers do.
MODERN = ("AVIF", "WEBP")

_ELEMENTS = re.compile(r'(?:[^,"]|"(?:\\.|[^"\\])*")+')
_PARAMETERS = re.compile(r'(?:[^;"]|"(?:\\.|[^"\\])*")+')
_RANGE = re.compile(r"([!#$%&'*+.^_`|~0-9a-z-]+)/([!#$%&'*+.^_`|~0-9a-z-]+)", re.IGNORECASE)
# `.5`, which some programs send, is not in the RFC.
_WEIGHT = re.compile(r"q\s*=\s*(0?\.\d+|0\.?|1(?:\.0*)?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Range:
    """A media range such as `image/*`, and how much the caller likes it, from 0 to 1."""

    type: str
    subtype: str
    weight: float

    def specificity(self, mime: str) -> int:
        """0 if the type is not in the range; a greater number takes precedence."""
        if f"{self.type}/{self.subtype}" == mime:
            return 3
        if self.subtype != "*":
            return 0
        return {"*": 1, mime.partition("/")[0]: 2}.get(self.type, 0)


def best(formats: Collection[str], accept: str | None) -> str | None:
    """The format that the caller likes most, None if it accepts none of them.

    Of those that it likes equally: AVIF and WebP if it names them, else what most programs show.
    """
    ranges = list(_ranges(accept)) if accept and accept.strip() else [Range("*", "*", 1)]
    wishes = {each: _wish(MIME_OF_FORMAT[each], ranges) for each in formats}

    def order(image_format: str) -> tuple[float, bool, int]:
        weight, named = wishes[image_format]
        if named and image_format in MODERN:
            return weight, True, -MODERN.index(image_format)
        return weight, False, -COMPATIBLE.index(image_format)

    return max((each for each in formats if wishes[each][0] > 0), key=order, default=None)


def _wish(mime: str, ranges: Collection[Range]) -> tuple[float, bool]:
    """The weight of the most specific range, and whether it names the type."""
    matching = [(each.specificity(mime), each.weight) for each in ranges if each.specificity(mime)]
    specificity, weight = max(matching, default=(0, 0.0))
    return weight, specificity == 3


def _ranges(accept: str) -> Iterator[Range]:
    """Invalid parts are skipped, and so are types with parameters: none of our images has any."""
    for element in _ELEMENTS.findall(accept):
        name, *parameters = (part.strip() for part in _PARAMETERS.findall(element) or [""])
        found = _RANGE.fullmatch(name)
        weight = _WEIGHT.fullmatch(parameters[0]) if parameters else None
        if found and (weight or not parameters):
            yield Range(found[1].lower(), found[2].lower(), float(weight[1]) if weight else 1.0)
