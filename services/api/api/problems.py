"""Errors as RFC 9457 problem details: `application/problem+json` with a machine-readable code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic import ValidationError

from api.responses import json_response

PROBLEM_JSON = "application/problem+json"


class HttpProblem(Exception):
    """An error response. `detail` says what to do, and reveals nothing internal."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
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

    def response(self) -> Response[str]:
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [dict(error) for error in self.errors]
        return json_response(
            body,
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
        {"field": ".".join(str(part) for part in item["loc"]) or where, "message": item["msg"]}
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return HttpProblem(HTTPStatus.BAD_REQUEST, "invalid_request", f"The {where} is invalid.", errors=errors)
