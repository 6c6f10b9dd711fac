"""Which facts complete an image. They are data, so that an optional consumer never delays completion."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

DEFAULT = "ThumbnailsCreated ImageWatermarked|WatermarkSkipped MetadataExtracted LabelsDetected|LabelsSkipped"


@dataclass(frozen=True, slots=True)
class Required:
    """Detail types; `A|B` stands for either."""

    facts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Required:
        """`"ThumbnailsCreated LabelsDetected|LabelsSkipped"`. Raises ValueError for an empty list."""
        facts = tuple(text.split())
        if not facts:
            raise ValueError("at least one fact must be required: an upload alone completes nothing")
        return cls(facts)

    def outstanding(self, present: Container[str]) -> tuple[str, ...]:
        return tuple(fact for fact in self.facts if not any(name in present for name in fact.split("|")))


def alternatives(facts: Iterable[str]) -> frozenset[str]:
    """The detail types that the facts name."""
    return frozenset(name for fact in facts for name in fact.split("|"))
