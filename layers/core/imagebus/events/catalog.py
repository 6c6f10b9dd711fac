"""Who publishes what, and who listens: the whole system in flow order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imagebus.events.analyzer import LabelsDetected, LabelsSkipped, MetadataExtracted
from imagebus.events.base import AnyEvent, Contract, EventData, read
from imagebus.events.failures import ProcessingFailed
from imagebus.events.ingest import ImageDeleted, ImageUploaded
from imagebus.events.model import UnknownEvent
from imagebus.events.recipes import DerivationRequested, RecipePromoted, VariantsPruned
from imagebus.events.recorder import ImageProcessed, ProcessingStalled
from imagebus.events.thumbnailer import ThumbnailsCreated
from imagebus.events.validator import ImageRejected, ImageValidated
from imagebus.events.watermarker import ImageWatermarked, WatermarkSkipped

CATALOG: tuple[type[Contract], ...] = (
    ImageUploaded,
    ImageDeleted,
    ImageValidated,
    ImageRejected,
    ThumbnailsCreated,
    ImageWatermarked,
    WatermarkSkipped,
    MetadataExtracted,
    LabelsDetected,
    LabelsSkipped,
    ProcessingFailed,
    ProcessingStalled,
    ImageProcessed,
    DerivationRequested,
    VariantsPruned,
    RecipePromoted,
)

BY_DETAIL_TYPE: Mapping[str, type[Contract]] = {model.detail_type: model for model in CATALOG}
#: Those that an image's log can hold.
OF_IMAGES: Mapping[str, type[EventData]] = {
    model.detail_type: model for model in CATALOG if issubclass(model, EventData)
}
#: Those about the stack as a whole.
OF_THE_STACK = frozenset(BY_DETAIL_TYPE) - frozenset(OF_IMAGES)


@dataclass(frozen=True, slots=True)
class Stage:
    """A consumer: the events it listens to, and the facts of which one ends its work.

    `on_request` are events that ask it for more work on an image that is complete without it.
    """

    name: str
    listens: tuple[str, ...]
    emits: tuple[str, ...] = ()
    on_request: tuple[str, ...] = ()

    @property
    def subscribes(self) -> tuple[str, ...]:
        return self.listens + self.on_request


REQUEST = ("DerivationRequested",)

STAGES: tuple[Stage, ...] = (
    Stage("ingest", (), ("ImageUploaded", "ImageDeleted")),
    Stage("validator", ("ImageUploaded",), ("ImageValidated", "ImageRejected")),
    Stage("thumbnailer", ("ImageValidated",), ("ThumbnailsCreated",), REQUEST),
    Stage("watermarker", ("ImageValidated",), ("ImageWatermarked", "WatermarkSkipped"), REQUEST),
    Stage("metadata", ("ImageValidated",), ("MetadataExtracted",)),
    Stage("labels", ("ImageValidated",), ("LabelsDetected", "LabelsSkipped")),
    Stage("recorder", tuple(BY_DETAIL_TYPE)),
    Stage("notifier", ("ImageProcessed", "ImageRejected", "ProcessingFailed", "ProcessingStalled")),
    Stage("cleaner", ("ImageUploaded", "ImageDeleted")),
)

#: The stage of that name, and the stage that ends its work with that fact.
STAGE_NAMED: Mapping[str, Stage] = {stage.name: stage for stage in STAGES}
STAGE_OF: Mapping[str, Stage] = {fact: stage for stage in STAGES for fact in stage.emits}


def parse(detail_type: str, detail: Mapping[str, Any]) -> AnyEvent:
    """Read an event of any released version as the newest version.

    Raises UnknownEvent, or InvalidEvent for a detail that breaks its contract.
    """
    model = BY_DETAIL_TYPE.get(detail_type)
    if model is None:
        raise UnknownEvent(f"{detail_type!r} is not an event of this system")
    return read(model, detail)
