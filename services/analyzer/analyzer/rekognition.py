"""Amazon Rekognition, fed a JPEG that the analyzer makes itself: every accepted format and size works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagebus.events.analyzer import Label, LabelsDetected, LabelsSkipped
from imagebus.identity import canonical_json
from imagebus.worker import Job, Output, Result, Work
from imagebus_imaging import analysis_jpeg

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

MAX_LABELS = 50


def labels_work(client: RekognitionClient, min_confidence: float) -> Work:
    def work(job: Job) -> Result:
        jpeg = analysis_jpeg(job.data)
        job.meter.rekognition_calls = 1
        response = client.detect_labels(
            Image={"Bytes": jpeg}, MaxLabels=MAX_LABELS, MinConfidence=min_confidence
        )
        labels = tuple(
            Label(
                name=found["Name"],
                confidence=round(float(found["Confidence"]), 2),
                parents=tuple(parent["Name"] for parent in found.get("Parents", ())),
            )
            for found in response["Labels"]
        )
        raw = {name: value for name, value in response.items() if name != "ResponseMetadata"}
        fact = LabelsDetected(labels=labels, model_version=response["LabelModelVersion"])
        return Result(
            fact, [Output("analysis/labels.json", canonical_json(raw).encode(), "application/json")]
        )

    return work


def skip(job: Job) -> Result:
    return Result(LabelsSkipped(reason="LabelProvider is none: no label service is configured."))
