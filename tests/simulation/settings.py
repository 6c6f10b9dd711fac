"""What a deployment configures, and the recipes that operators promote: all as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulation.reference import REQUIRED

Json = dict[str, Any]

WHITE = "#ffffff"
#: Of the engine. A deployment may raise it.
ENGINE, NEXT_ENGINE = "2026-11.90", "2026-11.91"


@dataclass(frozen=True)
class Settings:
    """What changes what images come to."""

    sizes: tuple[tuple[int, int], ...] = ((100, 100), (320, 320))
    background: str = WHITE
    opacity: float = 0.5
    labels: bool = True
    required: str = REQUIRED
    engine: str = ENGINE
    #: Whether the code is that of an earlier release.
    earlier: bool = False

    @property
    def environment(self) -> dict[str, str]:
        """Of the validator."""
        return {
            "THUMBNAIL_SIZES": ",".join(f"{width}x{height}" for width, height in self.sizes),
            "OUTPUT_FORMAT": "auto",
            "BACKGROUND": self.background,
            "LINEAR_LIGHT": "false",
            "ANIMATED_THUMBNAILS": "false",
            "WATERMARK_TEXT": "mark",
            "WATERMARK_POSITION": "bottom-right",
            "WATERMARK_OPACITY": str(self.opacity),
            "WATERMARK_SCALE": "0.25",
            "MAX_SIDE": "2048",
        }

    @property
    def recipe(self) -> Json:
        """The recipe of these parameters. As in all recipes here, what has its default value is left out."""
        behind = {"background": self.background} if self.background != WHITE else {}
        opacity = {"opacity": self.opacity} if self.opacity != 0.5 else {}
        return {
            "variants": {f"{w}x{h}": {"width": w, "height": h, **behind} for w, h in self.sizes},
            "watermark": {"text": "mark", **opacity},
        }


#: What a new version may change.
OTHERS = (
    Settings(sizes=((100, 100), (640, 640))),
    Settings(background="#000000"),
    Settings(opacity=0.25),
    Settings(labels=False),
    Settings(required="ThumbnailsCreated ImageWatermarked|WatermarkSkipped LabelsDetected|LabelsSkipped"),
    Settings(engine=NEXT_ENGINE),
    Settings(earlier=True),
)

SMALL, CARD = {"width": 100, "height": 100}, {"width": 640, "formats": ["source", "webp"]}
FACE = {"width": 64, "height": 64, "fit": "cover", "focus": "faces"}


def _set(*rules: Json) -> Json:
    return {"recipes": list(rules)}


#: Sets that operators try. They share variants with the default recipe and each other, under other names too.
SETS: Mapping[str, Json] = {
    "one more": _set(
        {"name": "all", "variants": {"100x100": SMALL, "card": CARD}, "watermark": {"text": "mark"}}
    ),
    "no mark": _set({"name": "all", "variants": {"card": CARD, "tiny": SMALL}}),
    "by folder": _set(
        {
            "name": "summer",
            "match": {"prefix": "summer/"},
            "variants": {"card": CARD},
            "watermark": {"text": "sun"},
        },
        {"name": "photos", "match": {"formats": ["jpeg"]}, "variants": {"tiny": SMALL}},
        {"name": "others", "variants": {"face": FACE, "tiny": SMALL}, "watermark": {"text": "mark"}},
    ),
    "faces": _set({"name": "all", "variants": {"face": FACE, "wide": {"width": 900}}}),
}
