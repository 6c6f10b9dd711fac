"""What a deployment configures, as far as it changes what images come to."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.reference import REQUIRED


@dataclass(frozen=True)
class Settings:
    sizes: tuple[tuple[int, int], ...] = ((100, 100), (320, 320))
    background: str = "#ffffff"
    opacity: float = 0.5
    labels: bool = True
    required: str = REQUIRED
    generation: int = 1

    @property
    def names(self) -> set[str]:
        """The thumbnails of every image."""
        return {f"{width}x{height}" for width, height in self.sizes}


#: What a new version may change.
OTHERS = (
    Settings(sizes=((100, 100), (640, 640)), generation=2),
    Settings(background="#000000", generation=2),
    Settings(opacity=0.25, generation=2),
    Settings(labels=False, generation=2),
    Settings(required="ThumbnailsCreated ImageWatermarked LabelsDetected|LabelsSkipped", generation=2),
)
