"""The OpenAPI document, generated from the models and this table of operations."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, get_args

from pydantic import BaseModel, Field, TypeAdapter
from pydantic.json_schema import models_json_schema

from api.models import (
    Accepted,
    Health,
    Image,
    InlineUpload,
    Page,
    ProblemDetails,
    Retried,
    Ticket,
    Timeline,
    UploadRequest,
)
from api.settings import Settings
from imagebus import __version__
from imagebus.history.view import Status
from imagebus.listing import DEFAULT_LIMIT, MAX_LIMIT

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/{model}"
PROBLEM = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}

UploadRequests = UploadRequest | Annotated[list[UploadRequest], Field(min_length=1, max_length=100)]

PROBLEMS: Mapping[int, str] = {
    400: "The request is invalid.",
    403: "The API key is missing or invalid.",
    404: "The image does not exist (image_not_found), was deleted (image_deleted), was not known then "
    "(not_known_then) or has no such derivative.",
    405: "The address does not support this method.",
    409: "The image's status does not allow this.",
    413: "The file is too large.",
    415: "The content type is not accepted.",
    429: "Too many requests with this key.",
    500: "Internal error.",
    503: "A service behind the API did not respond.",
}

KEY_PARAMETER: Schema = {
    "name": "key",
    "in": "path",
    "required": True,
    "description": "The image's S3 key, percent-encoded; slashes may stay unencoded. A key whose address "
    "would be ambiguous (it ends in /events, begins with ~, has empty or dot segments) is addressed as ~ "
    "followed by the key in base64url without padding. That form is valid for every key.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 1024},
    "example": "uploads/2026/01/5b2f…/cat.jpg",
}

ETAG_HEADER: Schema = {"ETag": {"schema": {"type": "string"}, "description": "For If-None-Match."}}
LOCATION_HEADER: Schema = {"Location": {"schema": {"type": "string"}, "required": True}}

IF_NONE_MATCH: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of an earlier response; the answer is 304 while it is current.",
    "schema": {"type": "string"},
}


def _query(name: str, about: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": about, "schema": schema}


FILENAME = _query("filename", "The file name, which ends the key.", {"type": "string", "maxLength": 255})
URLS = _query("urls", "true adds presigned URLs.", {"type": "string", "enum": ["true", "false", ""]})


AT = _query(
    "at",
    "Show what was known at this moment: an RFC 3339 time, or a date (its first moment in UTC). "
    "Links to derived images are left out, and urls has no effect.",
    {
        "anyOf": [{"type": "string", "format": name} for name in ("date-time", "date")]
        + [{"type": "string", "maxLength": 0}]
    },
)


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _ref(model: type[BaseModel]) -> Schema:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _answer(about: str, content: Schema | None = None, headers: Schema | None = None) -> Schema:
    answer: Schema = {"description": about}
    if content:
        answer["content"] = content
    if headers:
        answer["headers"] = headers
    return answer


UNCHANGED = _answer("Unchanged.")
BINARY: Schema = {"schema": {"type": "string", "format": "binary", "minLength": 1}}
TEXT: Schema = {"schema": {"type": "string"}}


def _operation(
    name: str,
    about: str,
    answers: Mapping[int, Schema],
    problems: tuple[int, ...] = (),
    *,
    parameters: tuple[Schema, ...] = (),
    body: Schema | None = None,
    public: bool = False,
) -> Schema:
    gateway = (405, 429, 500, 503) if public else (403, 405, 429, 500, 503)
    responses = {str(status): answer for status, answer in answers.items()}
    for status in sorted({*problems, *gateway}):
        responses[str(status)] = _answer(PROBLEMS[status], {"application/problem+json": PROBLEM})
    operation: Schema = {"operationId": name, "summary": about, "responses": responses}
    if parameters:
        operation["parameters"] = list(parameters)
    if body:
        operation["requestBody"] = {"required": True, "content": body}
    operation["security"] = [] if public else [{"key": []}]
    return operation


def _read(name: str, about: str, model: type[BaseModel], *parameters: Schema, missing: bool = True) -> Schema:
    answers = {
        200: _answer("The current state.", _json(_ref(model)), ETAG_HEADER),
        304: UNCHANGED,
    }
    problems = (400, 404) if missing else (400,)
    return _operation(name, about, answers, problems, parameters=(*parameters, IF_NONE_MATCH))


def _redirect(name: str, about: str, *parameters: Schema) -> Schema:
    answers = {302: _answer("Redirects to a presigned URL, valid for five minutes.", None, LOCATION_HEADER)}
    return _operation(name, about, answers, (404,), parameters=parameters)


def _paths(content_types: tuple[str, ...]) -> Schema:
    status_schema = {"type": "string", "enum": [*get_args(Status), ""]}
    limit_schema = {  # an empty parameter counts as an absent one
        "anyOf": [
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
            {"type": "string", "maxLength": 0},
        ],
        "default": DEFAULT_LIMIT,
    }
    cursor_schema = {"type": "string", "pattern": "^(0[0-9a-f]{43})?$"}
    upload_schema = TypeAdapter(UploadRequests).json_schema(ref_template=REFERENCE)
    upload_schema.pop("$defs", None)
    image_key = (KEY_PARAMETER,)
    return {
        "/": {
            "get": _operation(
                "page",
                "The web page",
                {
                    200: _answer("The page.", {"text/html": TEXT}),
                    304: UNCHANGED,
                },
                public=True,
            )
        },
        "/openapi.json": {
            "get": _operation(
                "describe",
                "This document",
                {200: _answer("The OpenAPI document.", _json({"type": "object"})), 304: UNCHANGED},
                public=True,
            )
        },
        "/health": {
            "get": _operation(
                "health",
                "Health check",
                {200: _answer("The API is up.", _json(_ref(Health)))},
                public=True,
            )
        },
        "/images": {
            "post": _operation(
                "requestUploads",
                "Request presigned upload forms for one file, or for up to 100",
                {
                    201: _answer(
                        "One form, or a list of forms in the order of the request.",
                        _json({"anyOf": [_ref(Ticket), {"type": "array", "items": _ref(Ticket)}]}),
                    )
                },
                (400, 415),
                body=_json(upload_schema),
            ),
            "get": _read(
                "listImages",
                "Images, newest first",
                Page,
                _query("status", "Only images with this status.", status_schema),
                _query("limit", "Maximum number of images.", limit_schema),
                _query("cursor", "The cursor of an earlier page, to continue after it.", cursor_schema),
                URLS,
                missing=False,
            ),
        },
        "/upload": {
            "post": _operation(
                "upload",
                "Upload a small image, as bytes or as base64 in JSON; at most 4 MiB",
                {202: _answer("Stored and queued for processing.", _json(_ref(Accepted)), LOCATION_HEADER)},
                (400, 413, 415),
                parameters=(FILENAME,),
                body={**dict.fromkeys(content_types, BINARY), **_json(_ref(InlineUpload))},
            )
        },
        "/images/{key}": {
            "get": _read("showImage", "Everything known about an image", Image, *image_key, URLS, AT),
            "delete": _operation(
                "deleteImage",
                "Delete an image and its derived images",
                {202: _answer("Marked as deleted.", _json(_ref(Accepted)))},
                (404,),
                parameters=image_key,
            ),
        },
        "/images/{key}/status": {
            "get": _read("showStatus", "The same as GET /images/{key}", Image, *image_key, URLS, AT)
        },
        "/images/{key}/events": {
            "get": _read(
                "showEvents", "The events of the newest revision, with their causes", Timeline, *image_key
            )
        },
        "/images/{key}/original": {"get": _redirect("getOriginal", "The uploaded file", *image_key)},
        "/images/{key}/processed": {"get": _redirect("getProcessed", "The watermarked image", *image_key)},
        "/images/{key}/thumbnails/{name}": {
            "get": _redirect(
                "getThumbnail",
                "A thumbnail",
                *image_key,
                {
                    "name": "name",
                    "in": "path",
                    "required": True,
                    "description": "The box that the thumbnail fits into.",
                    "schema": {"type": "string", "pattern": "^[1-9][0-9]{0,4}x[1-9][0-9]{0,4}$"},
                    "example": "320x320",
                },
            )
        },
        "/images/{key}/retry": {
            "post": _operation(
                "retryImage",
                "Retry the outstanding work of a failed image",
                {202: _answer("The retry was requested.", _json(_ref(Retried)))},
                (404, 409),
                parameters=image_key,
            )
        },
    }


@cache
def document(
    max_bytes: int = Settings.max_bytes, content_types: tuple[str, ...] = Settings.content_types
) -> Schema:
    """What /openapi.json serves. docs/openapi.json has the default limits and every type there can be."""
    answers: list[type[BaseModel]] = [
        Accepted, Health, Image, Page, ProblemDetails, Retried, Ticket, Timeline,
    ]  # fmt: skip
    models = [(model, "serialization") for model in answers]
    models += [(model, "validation") for model in (UploadRequest, InlineUpload)]
    _, schemas = models_json_schema(models, ref_template=REFERENCE)  # type: ignore[arg-type]
    schemas["$defs"]["UploadRequest"]["properties"]["size"]["maximum"] = max_bytes
    for model in ("UploadRequest", "InlineUpload"):
        schemas["$defs"][model]["properties"]["content_type"]["enum"] = list(content_types)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "imagebus",
            "version": __version__,
            "description": "Upload images, follow them through the pipeline, fetch the results. "
            "Every error is application/problem+json with a code.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": ".", "description": "The address that served this document."}],
        "paths": _paths(content_types),
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
        },
    }


def text() -> str:
    """The document as docs/openapi.json holds it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(text().encode())
