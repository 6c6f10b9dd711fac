"""Which facts complete an image: data, so that an optional consumer never holds one up."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

DEFAULT = "ThumbnailsCreated ImageWatermarked MetadataExtracted LabelsDetected|LabelsSkipped"


@dataclass(frozen=True, slots=True)
class Required:
    """Detail types; `A|B` stands for either."""

    facts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Required:
        """`"ThumbnailsCreated LabelsDetected|LabelsSkipped"`. Raises ValueError where nothing is required."""
        facts = tuple(text.split())
        if not facts:
            raise ValueError("at least one fact must be required: an upload alone completes nothing")
        return cls(facts)

    def outstanding(self, present: Container[str]) -> tuple[str, ...]:
        return tuple(fact for fact in self.facts if not any(name in present for name in fact.split("|")))
