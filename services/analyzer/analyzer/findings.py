"""Rekognition's responses as fields of our events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagebus.events.analyzer import Box, Face, Faces, Feature, Label, ModerationLabel

#: Fewer than the contract allows, so that fifty labels with their parents stay far below 64 KB.
MAX_PARENTS = 10
MAX_FACES = 20
MAX_MODERATION = 50

#: DetectFaces reports no model version.
_VERSION_FIELDS: Mapping[Feature, str] = {
    "labels": "LabelModelVersion",
    "moderation": "ModerationModelVersion",
}


def labels(response: Mapping[str, Any]) -> tuple[Label, ...]:
    return tuple(
        Label(
            name=found["Name"],
            confidence=_percent(found["Confidence"]),
            parents=tuple(parent["Name"] for parent in found.get("Parents", ())[:MAX_PARENTS]),
        )
        for found in response.get("Labels", ())
    )


def faces(response: Mapping[str, Any], min_confidence: float, share: tuple[float, float]) -> Faces:
    """Faces with enough confidence; Rekognition lists the largest first.

    `share` is how much of the analyzed image's width and height the picture takes up: boxes leave the
    padding out.
    """
    found = [face for face in response["FaceDetails"] if face["Confidence"] >= min_confidence]
    largest = tuple(_face(each, min_confidence, share) for each in found[:MAX_FACES])
    return Faces(count=len(found), largest=largest)


def moderation(response: Mapping[str, Any]) -> tuple[ModerationLabel, ...]:
    return tuple(
        ModerationLabel(
            name=found["Name"],
            confidence=_percent(found["Confidence"]),
            parent=found.get("ParentName") or None,
        )
        for found in response["ModerationLabels"][:MAX_MODERATION]
    )


def model_versions(responses: Mapping[Feature, Mapping[str, Any]]) -> dict[str, str]:
    named = {feature: field for feature, field in _VERSION_FIELDS.items() if feature in responses}
    return {feature: responses[feature].get(field, "unknown") for feature, field in named.items()}


def _face(found: Mapping[str, Any], min_confidence: float, share: tuple[float, float]) -> Face:
    box, age = found["BoundingBox"], found.get("AgeRange", {})
    emotions = [each for each in found.get("Emotions", ()) if each["Confidence"] >= min_confidence]
    strongest = max(emotions, key=lambda each: each["Confidence"], default=None)

    def sure(name: str) -> bool | None:
        attribute = found.get(name)
        return attribute["Value"] if attribute and attribute["Confidence"] >= min_confidence else None

    return Face(
        box=Box(
            left=_fraction(box["Left"] / share[0]),
            top=_fraction(box["Top"] / share[1]),
            width=_fraction(box["Width"] / share[0]),
            height=_fraction(box["Height"] / share[1]),
        ),
        confidence=_percent(found["Confidence"]),
        age_low=age.get("Low"),
        age_high=age.get("High"),
        emotion=strongest["Type"].lower() if strongest else None,
        smile=sure("Smile"),
        eyes_open=sure("EyesOpen"),
        mouth_open=sure("MouthOpen"),
        eyeglasses=sure("Eyeglasses"),
        sunglasses=sure("Sunglasses"),
        occluded=sure("FaceOccluded"),
    )


def _percent(value: float) -> float:
    return round(min(float(value), 100.0), 2)


def _fraction(value: float) -> float:
    return round(float(value), 4)
