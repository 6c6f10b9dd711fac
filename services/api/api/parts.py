"""The parts of an operation in the OpenAPI document: parameters, answers, problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from imagebus.image_types import FORMATS

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/{model}"
PROBLEM = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}

PROBLEMS: Mapping[int, str] = {
    400: "The request is invalid.",
    403: "The API key is missing or invalid.",
    404: "The image does not exist (image_not_found), was deleted (image_deleted), was not known then "
    "(not_known_then) or has no such derived image (not_available, "
    "thumbnail_not_found, variant_not_found, format_not_found).",
    405: "The address does not support this method.",
    406: "The variant has no format that Accept allows (not_acceptable).",
    409: "The image's status does not allow this (nothing_to_retry), or the key is taken (key_exists).",
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
VARY_HEADER: Schema = {"Vary": {"schema": {"type": "string"}, "description": "Accept, without format."}}
LOCATION_HEADER: Schema = {"Location": {"schema": {"type": "string"}, "required": True}}

IF_NONE_MATCH: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of an earlier response; the answer is 304 while it is current.",
    "schema": {"type": "string"},
}


def query(name: str, about: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": about, "schema": schema}


FILENAME = query("filename", "The file name, which ends the key.", {"type": "string", "maxLength": 255})
URLS = query("urls", "true adds URLs that need no key.", {"type": "string", "enum": ["true", "false", ""]})
FORMAT = query(
    "format",
    "The format to redirect to, whatever Accept says.",
    {"type": "string", "enum": [*(each.lower() for each in FORMATS), ""]},
)
NAME: Schema = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "The variant's name. In the default recipe it is the box that the image fits into.",
    "schema": {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
    "example": "320x320",
}


def moment(name: str, about: str) -> Schema:
    return query(
        name,
        f"{about}: an RFC 3339 time, or a date (its first moment in UTC).",
        {
            "anyOf": [{"type": "string", "format": each} for each in ("date-time", "date")]
            + [{"type": "string", "maxLength": 0}]
        },
    )


AT = moment(
    "at",
    "Show what was known at this moment, without links to derived images (urls has no effect)",
)
FILTERS = (
    query("prefix", "Only images whose key begins with this.", {"type": "string", "maxLength": 1024}),
    query(
        "label",
        "Only images with this label, in upper or lower case.",
        {"type": "string", "maxLength": 255},
    ),
    moment("since", "Only images that were uploaded at or after this moment"),
    moment("until", "Only images that were uploaded before this moment"),
)


def in_json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def ref(model: type[BaseModel]) -> Schema:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def response(about: str, content: Schema | None = None, headers: Schema | None = None) -> Schema:
    described: Schema = {"description": about}
    if content:
        described["content"] = content
    if headers:
        described["headers"] = headers
    return described


UNCHANGED = response("Unchanged.")
BINARY: Schema = {"schema": {"type": "string", "format": "binary", "minLength": 1}}
TEXT: Schema = {"schema": {"type": "string"}}


def operation(
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
        responses[str(status)] = response(PROBLEMS[status], {"application/problem+json": PROBLEM})
    described: Schema = {"operationId": name, "summary": about, "responses": responses}
    if parameters:
        described["parameters"] = list(parameters)
    if body:
        described["requestBody"] = {"required": True, "content": body}
    described["security"] = [] if public else [{"key": []}]
    return described


def read(name: str, about: str, model: type[BaseModel], *parameters: Schema, missing: bool = True) -> Schema:
    answers = {
        200: response("The current state.", in_json(ref(model)), ETAG_HEADER),
        304: UNCHANGED,
    }
    problems = (400, 404) if missing else (400,)
    return operation(name, about, answers, problems, parameters=(*parameters, IF_NONE_MATCH))


def redirect(
    name: str,
    about: str,
    *parameters: Schema,
    problems: tuple[int, ...] = (400, 404),
    headers: Schema | None = None,
) -> Schema:
    to = "Redirects to a presigned URL, valid for five minutes, or to a derived image on the CDN."
    answers = {302: response(to, None, LOCATION_HEADER | (headers or {}))}
    return operation(name, about, answers, problems, parameters=parameters)
