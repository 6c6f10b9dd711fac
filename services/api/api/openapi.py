"""The OpenAPI document, generated from the models and from this table of operations."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

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
from imagebus.listing import DEFAULT_LIMIT, MAX_LIMIT

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/{model}"
PROBLEM = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}

UploadRequests = UploadRequest | Annotated[list[UploadRequest], Field(min_length=1, max_length=100)]

IMAGE_TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "image/avif",
    "image/heic",
    "image/heif",
)

PROBLEMS: Mapping[int, str] = {
    400: "The request is not as it should be.",
    403: "The key is missing or wrong.",
    404: "There is no such image (image_not_found), no longer (image_deleted), or not this of it.",
    405: "The address does not take this method.",
    409: "The state of the image does not allow it.",
    413: "The file is too large.",
    415: "The type is not accepted.",
    429: "Too many requests for this key.",
    500: "Something went wrong here.",
    503: "A service behind the API did not answer.",
}

KEY_PARAMETER: Schema = {
    "name": "key",
    "in": "path",
    "required": True,
    "description": "The image's key in S3, percent-encoded; slashes may stay as they are. A key whose "
    "address would be ambiguous (it ends in /events, begins with ~, has empty or dot segments) is addressed "
    "as ~ and the key in base64url without padding; that form is valid for every key.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 1024},
    "example": "uploads/2026/01/5b2f…/cat.jpg",
}

ETAG_HEADER: Schema = {"ETag": {"schema": {"type": "string"}, "description": "For If-None-Match."}}
LOCATION_HEADER: Schema = {"Location": {"schema": {"type": "string"}, "required": True}}

IF_NONE_MATCH: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of an earlier answer; 304 while it is still right.",
    "schema": {"type": "string"},
}


def _query(name: str, about: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": about, "schema": schema}


URLS = _query("urls", "true adds presigned addresses.", {"type": "string", "enum": ["true", "false", ""]})


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


UNCHANGED = _answer("As you know it.")
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
        200: _answer("As it is now.", _json(_ref(model)), ETAG_HEADER),
        304: UNCHANGED,
    }
    problems = (400, 404) if missing else (400,)
    return _operation(name, about, answers, problems, parameters=(*parameters, IF_NONE_MATCH))


def _redirect(name: str, about: str, *parameters: Schema) -> Schema:
    answers = {302: _answer("Its address, valid for five minutes.", None, LOCATION_HEADER)}
    return _operation(name, about, answers, (404,), parameters=parameters)


def _paths() -> Schema:
    status_schema = {
        "type": "string",
        "enum": ["processing", "completed", "rejected", "failed", "deleted", ""],
    }
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
                {200: _answer("OpenAPI.", _json({"type": "object"})), 304: UNCHANGED},
                public=True,
            )
        },
        "/health": {
            "get": _operation(
                "health",
                "Whether the API answers",
                {200: _answer("It does.", _json(_ref(Health)))},
                public=True,
            )
        },
        "/images": {
            "post": _operation(
                "requestUploads",
                "Ask for presigned forms, for one file or for up to 100",
                {
                    201: _answer(
                        "One form, or a list in the order of the request.",
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
                _query("status", "Only images of this status.", status_schema),
                _query("limit", "At most so many.", limit_schema),
                _query("cursor", "From an earlier page: continue there.", cursor_schema),
                URLS,
                missing=False,
            ),
        },
        "/upload": {
            "post": _operation(
                "upload",
                "Upload a small image: its bytes, or base64 in JSON; at most 4 MiB",
                {202: _answer("Stored; the pipeline has it.", _json(_ref(Accepted)), LOCATION_HEADER)},
                (400, 413, 415),
                parameters=(
                    _query(
                        "filename",
                        "The name at the end of the key.",
                        {"type": "string", "maxLength": 255},
                    ),
                ),
                body={
                    **{
                        mime: {"schema": {"type": "string", "format": "binary", "minLength": 1}}
                        for mime in IMAGE_TYPES
                    },
                    **_json(_ref(InlineUpload)),
                },
            )
        },
        "/images/{key}": {
            "get": _read("showImage", "Everything that is known of an image", Image, *image_key, URLS),
            "delete": _operation(
                "deleteImage",
                "Delete an image; its derived images follow",
                {202: _answer("Marked as deleted.", _json(_ref(Accepted)))},
                (404,),
                parameters=image_key,
            ),
        },
        "/images/{key}/status": {
            "get": _read("showStatus", "The same as the image itself", Image, *image_key, URLS)
        },
        "/images/{key}/events": {
            "get": _read(
                "showEvents", "The events of its newest revision, with their causes", Timeline, *image_key
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
                    "description": "The box it fits into.",
                    "schema": {"type": "string", "pattern": "^[1-9][0-9]{0,4}x[1-9][0-9]{0,4}$"},
                    "example": "320x320",
                },
            )
        },
        "/images/{key}/retry": {
            "post": _operation(
                "retryImage",
                "Do the outstanding work of a failed image again",
                {202: _answer("Asked for.", _json(_ref(Retried)))},
                (404, 409),
                parameters=image_key,
            )
        },
    }


@cache
def document(max_bytes: int = Settings.max_bytes) -> Schema:
    """The document that /openapi.json serves; docs/openapi.json keeps it for the default limits."""
    answers: list[type[BaseModel]] = [
        Accepted, Health, Image, Page, ProblemDetails, Retried, Ticket, Timeline,
    ]  # fmt: skip
    models = [(model, "serialization") for model in answers]
    models += [(model, "validation") for model in (UploadRequest, InlineUpload)]
    _, schemas = models_json_schema(models, ref_template=REFERENCE)  # type: ignore[arg-type]
    schemas["$defs"]["UploadRequest"]["properties"]["size"]["maximum"] = max_bytes
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "imagebus",
            "version": __version__,
            "description": "Upload images, follow them through the pipeline, fetch what came of them. "
            "Every error is application/problem+json with a code.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": ".", "description": "The address this document was fetched from."}],
        "paths": _paths(),
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
        },
    }


def text() -> str:
    """The document as docs/openapi.json holds it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
