"""Amazon Rekognition, called with a JPEG that the analyzer makes: every accepted format and size works."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from analyzer import findings
from imagebus.clock import Clock
from imagebus.events.analyzer import Feature, LabelsDetected, LabelsSkipped
from imagebus.identity import canonical_json
from imagebus.meter import Meter
from imagebus.worker import Derivation, Job, Output, Work
from imagebus_imaging import analysis_jpeg

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.literals import AttributeType

MAX_LABELS = 50

#: Attributes that `Face` carries; gender is a guess about a person, and nothing here needs it.
FACE_ATTRIBUTES: Sequence[AttributeType] = (
    "DEFAULT",
    "AGE_RANGE",
    "EMOTIONS",
    "EYEGLASSES",
    "EYES_OPEN",
    "FACE_OCCLUDED",
    "MOUTH_OPEN",
    "SMILE",
    "SUNGLASSES",
)

#: Transient errors. After botocore's own quick retries come these pauses, in seconds, and then the inbox.
#: https://docs.aws.amazon.com/rekognition/latest/dg/error-handling.html
BUSY = frozenset({"ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError"})
PAUSES = (1.0, 3.0)

Responses = dict[Feature, Mapping[str, Any]]


class RekognitionBusy(Exception):
    """None of the analyses succeeded. The inbox retries, and finally gives up with a ProcessingFailed."""


def analysis_work(
    client: RekognitionClient, features: Sequence[Feature], min_confidence: float, clock: Clock
) -> Work:
    """The fact holds the successful analyses and names the others. Raises RekognitionBusy, ClientError."""

    def work(job: Job) -> Derivation:
        calls = _calls(client, {"Bytes": analysis_jpeg(job.data)}, min_confidence)
        responses, busy = _ask({feature: calls[feature] for feature in features}, clock, job.meter)
        if not responses:
            raise RekognitionBusy(", ".join(f"{feature}: {reason}" for feature, reason in busy.items()))
        fact = LabelsDetected(
            labels=findings.labels(responses.get("labels", {})),
            faces=findings.faces(responses["faces"], min_confidence) if "faces" in responses else None,
            moderation=findings.moderation(responses["moderation"]) if "moderation" in responses else None,
            model_versions=findings.model_versions(responses),
            skipped=dict(busy.items()) or None,
        )
        return Derivation(fact, [_raw(feature, response) for feature, response in responses.items()])

    return work


def skip(reason: str) -> Work:
    return lambda _job: Derivation(LabelsSkipped(reason=reason))


def _calls(
    client: RekognitionClient, image: Any, min_confidence: float
) -> dict[Feature, Callable[[], Mapping[str, Any]]]:
    return {
        "labels": lambda: client.detect_labels(
            Image=image, MaxLabels=MAX_LABELS, MinConfidence=min_confidence
        ),
        "faces": lambda: client.detect_faces(Image=image, Attributes=FACE_ATTRIBUTES),
        "moderation": lambda: client.detect_moderation_labels(Image=image, MinConfidence=min_confidence),
    }


def _ask(
    calls: Mapping[Feature, Callable[[], Mapping[str, Any]]], clock: Clock, meter: Meter
) -> tuple[Responses, dict[Feature, str]]:
    """Responses, and the reasons for missing ones. Retries a busy service, but never what it has answered."""
    responses: Responses = {}
    busy: dict[Feature, str] = {}
    for pause in (0.0, *PAUSES):
        missing = [feature for feature in calls if feature not in responses]
        if missing and pause:
            clock.sleep(pause)
        for feature in missing:
            try:
                responses[feature] = calls[feature]()
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code not in BUSY:
                    raise
                busy[feature] = code
            else:
                meter.rekognition_calls += 1
                busy.pop(feature, None)
    return responses, busy


def _raw(feature: Feature, response: Mapping[str, Any]) -> Output:
    """Stores the raw response, for anyone who needs more than the event holds."""
    content = {name: value for name, value in response.items() if name != "ResponseMetadata"}
    return Output(f"analysis/{feature}.json", canonical_json(content).encode(), "application/json")
