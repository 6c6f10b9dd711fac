"""Rekognition takes JPEG and PNG of 80 to 10,000 pixels a side and at most 5 MB, and throttles.

https://docs.aws.amazon.com/rekognition/latest/dg/limits.html
https://docs.aws.amazon.com/rekognition/latest/dg/error-handling.html
https://github.com/boto/botocore/issues/1366 (the code for an image that is too small)
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from PIL import Image

from analyzer.rekognition import RekognitionBusy, analysis_work
from imagebus.events.analyzer import Feature, LabelsDetected, LabelsSkipped
from imagebus.testing import ManualClock
from imagebus_local import rekognition
from tests.aws_rules.wire import Raw
from tests.unit.analyzer.jobs import job

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

ALL: tuple[Feature, ...] = ("labels", "faces", "moderation")
SIZES = [(64, 64), (79, 80), (3000, 150), (40, 2000), (1, 1), (1, 12_000), (80, 80), (4000, 3000)]


@pytest.fixture
def client() -> Iterator[RekognitionClient]:
    """A client whose requests the stand-in answers, without a network."""
    made = boto3.client(
        "rekognition",
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )

    def answer(request: Any, **_: Any) -> AWSResponse:
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        response = rekognition.handle_request("POST", "/", headers, request.body, {})
        status, headers, body = asyncio.run(response)
        return AWSResponse(request.url, status, headers, Raw(body))

    made.meta.events.register("before-send.rekognition", answer)
    yield made
    rekognition.control("DELETE", rekognition.CONTROL)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def picture(size: tuple[int, int], image_format: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, image_format)
    return buffer.getvalue()


def code(client: RekognitionClient, data: bytes) -> str:
    """How Rekognition refuses an image."""
    with pytest.raises(ClientError) as caught:
        client.detect_labels(Image={"Bytes": data})
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize("size", [(64, 64), (79, 500), (500, 79)])
def test_a_side_under_80_pixels_is_refused_as_a_parameter(
    client: RekognitionClient, size: tuple[int, int]
) -> None:
    assert code(client, picture(size)) == "InvalidParameterException"


def test_a_side_over_10000_pixels_and_more_than_5_mb_are_too_large(client: RekognitionClient) -> None:
    assert code(client, picture((10_001, 80))) == "ImageTooLargeException"
    assert code(client, picture((80, 80)) + bytes(5 * 1024 * 1024)) == "ImageTooLargeException"


@pytest.mark.parametrize("image_format", ["WEBP", "GIF", "TIFF", "BMP"])
def test_what_is_neither_jpeg_nor_png_is_refused(client: RekognitionClient, image_format: str) -> None:
    assert code(client, picture((100, 100), image_format)) == "InvalidImageFormatException"


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_analyzer_sends_what_rekognition_accepts(
    client: RekognitionClient, size: tuple[int, int]
) -> None:
    result = analysis_work(client, ALL, 70.0, ManualClock())(job(picture(size)))
    assert isinstance(result.fact, LabelsDetected)
    assert result.fact.skipped is None


def test_an_answer_of_the_stand_in_says_that_it_is_canned(client: RekognitionClient) -> None:
    fact = analysis_work(client, ALL, 70.0, ManualClock())(job(picture((100, 100)))).fact
    assert isinstance(fact, LabelsDetected)
    assert [label.name for label in fact.labels] == ["Canned answer"]
    assert fact.model_versions == dict.fromkeys(("labels", "moderation"), "canned (local stand-in)")
    assert fact.faces is not None
    assert fact.faces.count == 0


@pytest.mark.parametrize(
    "refusal", ["InvalidParameterException", "InvalidImageFormatException", "ImageTooLargeException"]
)
def test_an_image_that_is_refused_is_skipped_at_once(client: RekognitionClient, refusal: str) -> None:
    rekognition.control("POST", f"{rekognition.CONTROL}/{refusal}/1")
    clock = ManualClock()
    before = clock.now()
    result = analysis_work(client, ("labels",), 70.0, clock)(job(picture((100, 100))))
    assert isinstance(result.fact, LabelsSkipped)
    assert refusal in result.fact.reason
    assert clock.now() == before


@pytest.mark.parametrize(
    "passing", ["ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError"]
)
def test_an_error_that_passes_is_retried(client: RekognitionClient, passing: str) -> None:
    rekognition.control("POST", f"{rekognition.CONTROL}/{passing}/1")
    result = analysis_work(client, ("labels",), 70.0, ManualClock())(job(picture((100, 100))))
    assert isinstance(result.fact, LabelsDetected)
    rekognition.control("POST", f"{rekognition.CONTROL}/{passing}/3")
    with pytest.raises(RekognitionBusy, match=passing):
        analysis_work(client, ("labels",), 70.0, ManualClock())(job(picture((100, 100))))


def test_a_missing_permission_is_an_error_for_the_inbox(client: RekognitionClient) -> None:
    rekognition.control("POST", f"{rekognition.CONTROL}/AccessDeniedException/1")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        analysis_work(client, ("labels",), 70.0, ManualClock())(job(picture((100, 100))))
