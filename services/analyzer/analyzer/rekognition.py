"""Amazon Rekognition, called with a JPEG that it accepts, whatever the format and size of the upload.

Rekognition accepts JPEG and PNG of at most 5 MB, with sides from 80 to 10,000 pixels. We send at most 1280
pixels on the long side, and pad a side under 80 pixels. Boxes of faces are fractions of the upload; those in
the raw responses, which are stored unchanged, are fractions of the padded image.
https://docs.aws.amazon.com/rekognition/latest/dg/limits.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from analyzer import findings
from imagebus.clock import Clock
from imagebus.events.analyzer import Feature, LabelsDetected, LabelsSkipped
from imagebus.identity import canonical_json
from imagebus.meter import Meter
from imagebus.worker import Derivation, DerivedObject, Job, Work
from imagebus_imaging import analysis_jpeg

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.literals import AttributeType

MIN_SIDE = 80
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

#: Errors about this image, which every further attempt would get as well. An image that is too small is an
#: InvalidParameterException (https://github.com/boto/botocore/issues/1366).
REFUSED = frozenset({"InvalidParameterException", "InvalidImageFormatException", "ImageTooLargeException"})


class RekognitionBusy(Exception):
    """No feature was available. The inbox retries, and gives up with a ProcessingFailed."""


@dataclass
class _Answers:
    """The result for each feature: a response, or the code of a transient (`busy`) or permanent error."""

    responses: dict[Feature, Mapping[str, Any]] = field(default_factory=dict)
    busy: dict[Feature, str] = field(default_factory=dict)
    refused: dict[Feature, str] = field(default_factory=dict)


def analysis_work(
    client: RekognitionClient, features: Sequence[Feature], min_confidence: float, clock: Clock
) -> Work:
    """LabelsDetected with the available features, naming the others; LabelsSkipped if all refuse the image.

    Raises RekognitionBusy, ClientError.
    """

    def work(job: Job) -> Derivation:
        job.may_write.extend(map(_raw_name, features))
        image = analysis_jpeg(job.data, min_side=MIN_SIDE)
        calls = _calls(client, {"Bytes": image.data}, min_confidence)
        answers = _ask({feature: calls[feature] for feature in features}, clock, job.meter)
        responses, missing = answers.responses, answers.busy | answers.refused
        if not responses:
            codes = ", ".join(f"{feature}: {code}" for feature, code in missing.items())
            if answers.busy:
                raise RekognitionBusy(codes)
            return Derivation(
                LabelsSkipped(reason=f"Amazon Rekognition does not accept this image ({codes}).")
            )
        faces = responses.get("faces")
        fact = LabelsDetected(
            labels=findings.labels(responses.get("labels", {})),
            faces=findings.faces(faces, min_confidence, image.share) if faces is not None else None,
            moderation=findings.moderation(responses["moderation"]) if "moderation" in responses else None,
            model_versions=findings.model_versions(responses),
            skipped={str(feature): code for feature, code in missing.items()} or None,
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


def _ask(calls: Mapping[Feature, Callable[[], Mapping[str, Any]]], clock: Clock, meter: Meter) -> _Answers:
    """One answer per feature. A busy service is asked again, but only for what it has not answered."""
    answers = _Answers()
    for pause in (0.0, *PAUSES):
        open_calls = [each for each in calls if each not in answers.responses | answers.refused]
        if open_calls and pause:
            clock.sleep(pause)
        for feature in open_calls:
            answers.busy.pop(feature, None)
            try:
                answers.responses[feature] = calls[feature]()
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in BUSY:
                    answers.busy[feature] = code
                elif code in REFUSED:
                    answers.refused[feature] = code
                else:
                    raise
            else:
                meter.rekognition_calls += 1
    return answers


def _raw(feature: Feature, response: Mapping[str, Any]) -> DerivedObject:
    """The answer as it came, for consumers that need more than the event says."""
    content = {name: value for name, value in response.items() if name != "ResponseMetadata"}
    return DerivedObject(_raw_name(feature), canonical_json(content).encode(), "application/json")


def _raw_name(feature: Feature) -> str:
    return f"analysis/{feature}.json"
