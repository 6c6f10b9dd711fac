"""analyzer: what is in the image."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from imagebus.events.base import EventData, Model, Text

Short = Annotated[str, Field(max_length=200)]
Percent = Annotated[float, Field(ge=0, le=100)]


class MetadataExtracted(EventData):
    """Properties, an allow-list of EXIF (never a position or a serial number), colours and hashes."""

    producer = "analyzer"
    properties: Annotated[dict[Short, bool | int | float | Short], Field(max_length=40)]
    exif: Annotated[dict[Short, bool | int | float | Short], Field(max_length=40)]
    dominant_colors: Annotated[
        tuple[Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")], ...], Field(max_length=16)
    ]
    thumbhash: Short
    phash: Short


class Label(Model):
    name: Short
    confidence: Percent
    parents: Annotated[tuple[Short, ...], Field(max_length=20)] = ()


class LabelsDetected(EventData):
    """What Rekognition saw."""

    producer = "analyzer"
    labels: Annotated[tuple[Label, ...], Field(max_length=100)]
    model_version: Short


class LabelsSkipped(EventData):
    """No labels were asked for or could be had; they are never invented."""

    producer = "analyzer"
    reason: Text
