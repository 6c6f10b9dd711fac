"""analyzer: what is in the image."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from imagebus.events.base import EventData
from imagebus.events.model import Count, Model, Name, Text

Short = Annotated[str, msgspec.Meta(max_length=200)]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]


class MetadataExtracted(EventData):
    """Properties, an allow-list of EXIF (never a position or a serial number), colours and hashes."""

    producer = "analyzer"
    properties: Annotated[dict[Short, bool | int | float | Short], msgspec.Meta(max_length=40)]
    exif: Annotated[dict[Short, bool | int | float | Short], msgspec.Meta(max_length=40)]
    dominant_colors: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^#[0-9a-f]{6}\Z")], ...], msgspec.Meta(max_length=16)
    ]
    thumbhash: Short
    phash: Short


class Label(Model):
    name: Short
    confidence: Percent
    parents: Annotated[tuple[Short, ...], msgspec.Meta(max_length=20)] = ()


class Box(Model):
    """Fractions of the image as displayed. A face at the edge may extend beyond it: below 0 or above 1."""

    left: float
    top: float
    width: float
    height: float


class Face(Model):
    """What the face looks like, never whose it is."""

    box: Box
    confidence: Percent
    age_low: Count | None = None
    age_high: Count | None = None
    emotion: Short | None = None
    smile: bool | None = None
    eyes_open: bool | None = None
    mouth_open: bool | None = None
    eyeglasses: bool | None = None
    sunglasses: bool | None = None
    occluded: bool | None = None


class Faces(Model):
    """The number of faces, and the largest ones; the raw output has all of them."""

    count: Count
    largest: Annotated[tuple[Face, ...], msgspec.Meta(max_length=20)]


class ModerationLabel(Model):
    name: Short
    confidence: Percent
    parent: Short | None = None


Feature = Literal["labels", "faces", "moderation"]


def _model_versions(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had labels only, with one model version."""
    kept = {name: value for name, value in data.items() if name != "model_version"}
    return {**kept, "model_versions": {"labels": data["model_version"]}}


class LabelsDetected(EventData):
    """What Rekognition detected. Analyses not requested are absent; those that failed are in `skipped`.

    Version 2 added faces and moderation, each with its own model: `model_version` became `model_versions`.
    """

    producer = "analyzer"
    upcasters = (_model_versions,)
    labels: Annotated[tuple[Label, ...], msgspec.Meta(max_length=100)]
    model_versions: Annotated[dict[Name, Short], msgspec.Meta(max_length=10)]
    faces: Faces | None = None
    moderation: Annotated[tuple[ModerationLabel, ...], msgspec.Meta(max_length=50)] | None = None
    skipped: Annotated[dict[Name, Text], msgspec.Meta(max_length=10)] | None = None


class LabelsSkipped(EventData):
    """No labels were requested or available; they are never made up."""

    producer = "analyzer"
    reason: Text
