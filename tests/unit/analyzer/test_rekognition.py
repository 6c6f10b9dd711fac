"""Rekognition's responses become an event; missing ones are retried, or named in the event.

Every call goes through botocore's own model: the Stubber refuses what the API does not support.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber
from moto import mock_aws
from PIL import Image

from analyzer.findings import faces
from analyzer.labels import features
from analyzer.rekognition import FACE_ATTRIBUTES, RekognitionBusy, analysis_work, skip
from imagebus.bus import MAX_EVENT_BYTES, bus_entry, entry_bytes
from imagebus.events import caused_by
from imagebus.events.analyzer import Feature, LabelsDetected, LabelsSkipped
from imagebus.testing.clock import ManualClock
from imagebus.worker import Derivation, Job
from tests.unit.analyzer.jobs import job as make_job

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

LABELS = {
    "Labels": [
        {"Name": "Person", "Confidence": 99.123, "Parents": []},
        {"Name": "Bride", "Confidence": 87.5, "Parents": [{"Name": "Person"}, {"Name": "Wedding"}]},
    ],
    "LabelModelVersion": "3.0",
}
FACE = {
    "BoundingBox": {"Left": -0.01311, "Top": 0.41, "Width": 0.0804, "Height": 0.1187},
    "Confidence": 99.98,
    "AgeRange": {"Low": 26, "High": 34},
    "Smile": {"Value": True, "Confidence": 98.0},
    "Eyeglasses": {"Value": True, "Confidence": 51.0},
    "Emotions": [{"Type": "CALM", "Confidence": 3.0}, {"Type": "HAPPY", "Confidence": 95.0}],
}
MODERATION = {
    "ModerationLabels": [
        {"Name": "Alcoholic Beverages", "ParentName": "Alcohol", "Confidence": 81.3, "TaxonomyLevel": 2},
        {"Name": "Alcohol", "ParentName": "", "Confidence": 81.3, "TaxonomyLevel": 1},
    ],
    "ModerationModelVersion": "7.0",
}
ALL: tuple[Feature, ...] = ("labels", "faces", "moderation")


@pytest.fixture
def client() -> RekognitionClient:
    return boto3.client(
        "rekognition", region_name="eu-west-1", config=Config(retries={"total_max_attempts": 1})
    )


@pytest.fixture
def rekognition(client: RekognitionClient) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def job() -> Job:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, "PNG")
    return make_job(buffer.getvalue())


def fact(result: Derivation) -> LabelsDetected:
    assert isinstance(result.fact, LabelsDetected)
    return result.fact


def test_all_features_are_asked_for_and_told_with_their_model_versions(
    client: RekognitionClient, rekognition: Stubber, clock: ManualClock, job: Job
) -> None:
    image = {"Bytes": ANY}
    rekognition.add_response(
        "detect_labels", LABELS, {"Image": image, "MaxLabels": 50, "MinConfidence": 70.0}
    )
    rekognition.add_response(
        "detect_faces", {"FaceDetails": [FACE]}, {"Image": image, "Attributes": FACE_ATTRIBUTES}
    )
    rekognition.add_response("detect_moderation_labels", MODERATION, {"Image": image, "MinConfidence": 70.0})
    result = analysis_work(client, ALL, 70.0, clock)(job)
    assert fact(result).as_json() == {
        "labels": [
            {"name": "Person", "confidence": 99.12, "parents": []},
            {"name": "Bride", "confidence": 87.5, "parents": ["Person", "Wedding"]},
        ],
        "faces": {
            "count": 1,
            "largest": [
                {
                    # The upload is 64x48 of the 80x80 that were sent: 0.8 of the width, 0.6 of the height.
                    "box": {"left": -0.0164, "top": 0.6833, "width": 0.1005, "height": 0.1978},
                    "confidence": 99.98,
                    "age_low": 26,
                    "age_high": 34,
                    "emotion": "happy",
                    "smile": True,
                }
            ],
        },
        "moderation": [
            {"name": "Alcoholic Beverages", "confidence": 81.3, "parent": "Alcohol"},
            {"name": "Alcohol", "confidence": 81.3},
        ],
        "model_versions": {"labels": "3.0", "moderation": "7.0"},
    }
    assert [output.name for output in result.outputs] == [f"analysis/{name}.json" for name in ALL]
    assert job.may_write == [output.name for output in result.outputs]
    assert json.loads(result.outputs[0].body) == LABELS
    assert job.meter.rekognition_calls == 3


def test_only_what_is_asked_for_is_paid_for(
    client: RekognitionClient, rekognition: Stubber, clock: ManualClock, job: Job
) -> None:
    rekognition.add_response("detect_moderation_labels", MODERATION)
    told = fact(analysis_work(client, ("moderation",), 70.0, clock)(job))
    assert (told.labels, told.faces, told.skipped) == ((), None, None)
    assert told.model_versions == {"moderation": "7.0"}


def test_a_throttled_feature_is_asked_again_and_the_others_are_not(
    client: RekognitionClient, rekognition: Stubber, clock: ManualClock, job: Job
) -> None:
    rekognition.add_response("detect_labels", LABELS)
    rekognition.add_client_error("detect_faces", "ThrottlingException")
    rekognition.add_response("detect_faces", {"FaceDetails": []})
    before = clock.now()
    told = fact(analysis_work(client, ("labels", "faces"), 70.0, clock)(job))
    assert told.faces is not None
    assert told.faces.count == 0
    assert told.skipped is None
    assert (clock.now() - before).total_seconds() == 1.0
    assert job.meter.rekognition_calls == 2


def test_a_feature_that_stays_throttled_leaves_a_partial_result_that_says_so(
    client: RekognitionClient, rekognition: Stubber, clock: ManualClock, job: Job
) -> None:
    rekognition.add_response("detect_labels", LABELS)
    for _ in range(3):
        rekognition.add_client_error("detect_faces", "ProvisionedThroughputExceededException")
    told = fact(analysis_work(client, ("labels", "faces"), 70.0, clock)(job))
    assert len(told.labels) == 2
    assert told.faces is None
    assert told.skipped == {"faces": "ProvisionedThroughputExceededException"}


def test_nothing_at_all_is_a_failure_for_the_inbox_to_try_again(
    client: RekognitionClient, rekognition: Stubber, clock: ManualClock, job: Job
) -> None:
    for _ in range(3):
        rekognition.add_client_error("detect_labels", "ThrottlingException")
    before = clock.now()
    with pytest.raises(RekognitionBusy, match="labels: ThrottlingException"):
        analysis_work(client, ("labels",), 70.0, clock)(job)
    assert (clock.now() - before).total_seconds() == 4.0


def test_a_feature_that_refuses_the_image_is_skipped_and_not_asked_again(
    client: RekognitionClient, rekognition: Stubber, clock: ManualClock, job: Job
) -> None:
    rekognition.add_response("detect_labels", LABELS)
    rekognition.add_client_error("detect_faces", "InvalidParameterException")
    told = fact(analysis_work(client, ("labels", "faces"), 70.0, clock)(job))
    assert len(told.labels) == 2
    assert told.faces is None
    assert told.skipped == {"faces": "InvalidParameterException"}


def test_an_image_that_every_feature_refuses_has_no_labels_and_is_no_failure(
    client: RekognitionClient, rekognition: Stubber, clock: ManualClock, job: Job
) -> None:
    rekognition.add_client_error("detect_labels", "InvalidImageFormatException")
    rekognition.add_client_error("detect_moderation_labels", "ImageTooLargeException")
    result = analysis_work(client, ("labels", "moderation"), 70.0, clock)(job)
    assert result == Derivation(
        LabelsSkipped(
            reason="Amazon Rekognition does not accept this image "
            "(labels: InvalidImageFormatException, moderation: ImageTooLargeException)."
        )
    )


def test_a_refusal_beside_a_throttled_feature_is_retried_as_a_whole(
    client: RekognitionClient, rekognition: Stubber, clock: ManualClock, job: Job
) -> None:
    rekognition.add_client_error("detect_labels", "InvalidImageFormatException")
    for _ in range(3):
        rekognition.add_client_error("detect_faces", "ThrottlingException")
    with pytest.raises(RekognitionBusy, match="faces: ThrottlingException"):
        analysis_work(client, ("labels", "faces"), 70.0, clock)(job)


def test_an_error_that_does_not_pass_is_not_waited_for(
    client: RekognitionClient, rekognition: Stubber, clock: ManualClock, job: Job
) -> None:
    rekognition.add_client_error("detect_labels", "AccessDeniedException", http_status_code=400)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        analysis_work(client, ALL, 70.0, clock)(job)


def test_a_hundred_faces_are_counted_and_the_largest_twenty_told() -> None:
    crowd: dict[str, Any] = {"FaceDetails": [FACE] * 99 + [{**FACE, "Confidence": 12.0}]}
    told = faces(crowd, 70.0, (1.0, 1.0))
    assert (told.count, len(told.largest)) == (99, 20)


def test_the_most_that_can_be_found_fits_into_an_event(
    client: RekognitionClient, rekognition: Stubber, clock: ManualClock, job: Job
) -> None:
    long = "A label name of sixty characters, longer than Rekognition has"
    label = {"Name": long, "Confidence": 99.123, "Parents": [{"Name": long}] * 15}
    moderated = {"Name": long, "Confidence": 99.123, "ParentName": long}
    rekognition.add_response("detect_labels", {**LABELS, "Labels": [label] * 50})
    rekognition.add_response("detect_faces", {"FaceDetails": [FACE] * 100})
    rekognition.add_response("detect_moderation_labels", {**MODERATION, "ModerationLabels": [moderated] * 60})
    told = fact(analysis_work(client, ALL, 70.0, clock)(job))
    event = caused_by(job.event.meta, told, clock=clock)
    assert 40_000 < entry_bytes(bus_entry(event, "imagebus")) < MAX_EVENT_BYTES


def test_the_wire_call_is_understood_by_a_server(clock: ManualClock, job: Job) -> None:
    """moto returns fixed labels: this tests the call, not the detection."""
    with mock_aws():
        result = analysis_work(boto3.client("rekognition", "eu-west-1"), ("labels",), 70.0, clock)(job)
    assert fact(result).labels
    assert fact(result).model_versions == {"labels": "3.0"}


def test_without_a_provider_labels_are_skipped_and_never_invented(job: Job) -> None:
    assert skip("no provider")(job) == Derivation(LabelsSkipped(reason="no provider"))


def test_features_are_a_list_of_names_and_a_wrong_name_is_refused() -> None:
    assert features("moderation, labels") == ("labels", "moderation")
    assert features("") == ()
    with pytest.raises(
        ValueError, match="ANALYSIS_FEATURES: celebrities is none of labels, faces, moderation"
    ):
        features("labels,celebrities")
