"""Errors as RFC 9457 problem details: `application/problem+json` with a machine-readable code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

from aws_lambda_powertools.event_handler import Response
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from api.responses import json_response

PROBLEM_JSON = "application/problem+json"

Code = Literal[
    "empty",
    "format_not_found",
    "image_deleted",
    "image_not_found",
    "internal_error",
    "invalid_base64",
    "invalid_cursor",
    "invalid_json",
    "invalid_metadata",
    "invalid_request",
    "invalid_time",
    "key_exists",
    "method_not_allowed",
    "no_events_yet",
    "no_such_route",
    "not_acceptable",
    "not_available",
    "not_binary",
    "not_known_then",
    "nothing_to_retry",
    "thumbnail_not_found",
    "too_large",
    "unavailable",
    "unsupported_type",
    "variant_not_found",
]
#: The codes of API Gateway's own answers, which template.yml has.
GatewayCode = Literal[
    "bad_request",
    "invalid_api_key",
    "invalid_token",
    "method_not_allowed",
    "quota_exceeded",
    "too_large",
    "too_many_requests",
    "unavailable",
]

#: What is wrong with a field, by pydantic's name of the error: in JSON's terms, where its own are Python's.
MESSAGES: Mapping[str, str] = {
    "bool_type": "must be true or false",
    "dict_type": "must be an object",
    "extra_forbidden": "is not known",
    "greater_than_equal": "must be at least {ge}",
    "int_type": "must be a whole number",
    "list_type": "must be an array",
    "missing": "is required",
    "model_type": "must be an object",
    "string_pattern_mismatch": "must match {pattern}",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "string_type": "must be a string",
    "string_unicode": "must be Unicode text",
    "too_long": "must have at most {max_length} items",
    "too_short": "must have at least {min_length} items",
}


class HttpProblem(Exception):
    """An error response. `detail` says what to do, and reveals nothing internal."""

    def __init__(
        self,
        status: HTTPStatus,
        code: Code,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [dict(error) for error in self.errors]
        return body

    def response(self) -> Response[str]:
        return json_response(
            self.body(),
            self.status,
            headers={"Cache-Control": "no-store", **self.headers},
            content_type=PROBLEM_JSON,
        )


def not_found(key: str) -> HttpProblem:
    return HttpProblem(
        HTTPStatus.NOT_FOUND,
        "image_not_found",
        f"No image is known under the key {key!r}. A new upload appears a moment after it is stored.",
    )


def invalid(where: str, error: ValidationError) -> HttpProblem:
    """The invalid fields of the body or the query, without their values, which are the caller's data."""
    errors = [
        {"field": ".".join(map(str, item["loc"])) or where, "message": _message(item)}
        for item in error.errors(include_url=False, include_input=False)
    ]
    return HttpProblem(HTTPStatus.BAD_REQUEST, "invalid_request", f"The {where} is invalid.", errors=errors)


def _message(item: ErrorDetails) -> str:
    return MESSAGES.get(item["type"], "is invalid").format(**item.get("ctx", {}))
