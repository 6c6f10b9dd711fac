"""A stand-in for Amazon Rekognition: it enforces the documented limits and recognises nothing.

Its only label, and the version of its models, say that the answer is canned; it never finds a face.
https://docs.aws.amazon.com/rekognition/latest/dg/limits.html
"""

from __future__ import annotations

import base64
import io
import json
from collections import deque
from collections.abc import Mapping
from typing import Any

from PIL import Image, UnidentifiedImageError

TARGET = "RekognitionService"
VERSION = "canned (local stand-in)"

MAX_BYTES = 5 * 1024 * 1024
MIN_SIDE = 80
MAX_SIDE = 10_000

ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "DetectLabels": {
        "Labels": [{"Name": "Canned answer", "Confidence": 99.0, "Instances": [], "Parents": []}],
        "LabelModelVersion": VERSION,
    },
    "DetectFaces": {"FaceDetails": []},
    "DetectModerationLabels": {"ModerationLabels": [], "ModerationModelVersion": VERSION},
}

#: POST /_imagebus/rekognition/CODE/COUNT: the next COUNT calls fail with CODE. GET: the codes still to come.
#: DELETE: none any more.
CONTROL = "/_imagebus/rekognition"

#: https://docs.aws.amazon.com/rekognition/latest/dg/error-handling.html
FAULTS = frozenset({"InternalServerError", "ThrottlingException"})

Response = tuple[int, dict[str, str], bytes]

_planned: deque[str] = deque()


class Refused(Exception):
    """An error as Rekognition answers it: a code and a message."""


async def handle_request(
    _method: str, _path: str, headers: Mapping[str, str], body: bytes, _query: Mapping[str, Any]
) -> Response:
    """The answer to one call of the API."""
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    try:
        if _planned:
            raise Refused(_planned.popleft(), "Planned by a test.")
        if operation not in ANSWERS:
            raise Refused("UnknownOperationException", f"The stand-in has no {operation}.")
        check(base64.b64decode(json.loads(body)["Image"].get("Bytes", "")))
    except Refused as error:
        code, message = error.args
        return _json(500 if code in FAULTS else 400, {"__type": code, "Code": code, "Message": message})
    return _json(200, ANSWERS[operation])


def check(data: bytes) -> None:
    """Raises Refused for an image that Rekognition does not accept as bytes.

    The codes for a size out of bounds are not documented. That of an image that is too small was reported in
    https://github.com/boto/botocore/issues/1366.
    """
    if not data:
        raise Refused("InvalidParameterException", "Request has invalid parameters")
    if len(data) > MAX_BYTES:
        raise Refused("ImageTooLargeException", f"Image is larger than {MAX_BYTES} bytes")
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            sides = image.size
    except UnidentifiedImageError:
        raise Refused("InvalidImageFormatException", "Request has invalid image format") from None
    if min(sides) < MIN_SIDE:
        raise Refused("InvalidParameterException", "Request has invalid parameters")
    if max(sides) > MAX_SIDE:
        raise Refused("ImageTooLargeException", f"Image is larger than {MAX_SIDE} pixels")


def control(method: str, path: str) -> Response | None:
    """The answer to a request under CONTROL; None for any other."""
    if not path.startswith(CONTROL):
        return None
    if method == "POST":
        code, count = path.removeprefix(CONTROL).strip("/").split("/")
        _planned.extend([code] * int(count))
    if method == "DELETE":
        _planned.clear()
    return _json(200, list(_planned))


def install(app: Any, router: Any, actions: Any) -> None:
    """Route Rekognition's API, with IAM enforced as for the other services, and the stand-in's control."""
    router.SERVICE_PATTERNS["rekognition"] = {"target_prefixes": [TARGET]}
    actions.SERVICE_TO_IAM_NAMESPACE["rekognition"] = "rekognition"
    app.SERVICE_HANDLERS["rekognition"] = handle_request
    others = app._handle_pre_body_request

    async def handle_pre_body_request(method: str, path: str, *rest: Any) -> Any:
        return control(method, path) or await others(method, path, *rest)

    app._handle_pre_body_request = handle_pre_body_request


def _json(status: int, document: Any) -> Response:
    return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(document).encode()
