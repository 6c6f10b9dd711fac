"""JSON responses with their common headers, and conditional requests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

Handler = Callable[..., Response[str]]

#: Caches must revalidate each time, because statuses change within milliseconds.
REVALIDATE = "private, no-cache"

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000",
}


def json_response(
    body: Any,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
) -> Response[str]:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text_response(text, content_type, status, headers=headers)


def text_response(
    text: str,
    content_type: str | None,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    return Response(
        status_code=int(status),
        content_type=content_type,
        body=text,
        headers={**SECURITY_HEADERS, "Cache-Control": "no-store", **(headers or {})},
    )


def etag(state: Any) -> str:
    """A weak ETag: equal tags mean equal state. Presigned URLs always differ and are not part of it."""
    text = json.dumps(state, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def conditional(body: Any, tag: str, if_none_match: str | None) -> Response[str]:
    """The body, or 304 if the caller already has it."""
    headers = {"ETag": tag, "Cache-Control": REVALIDATE}
    if matches(tag, if_none_match):
        return text_response("", None, HTTPStatus.NOT_MODIFIED, headers=headers)
    return json_response(body, headers=headers)


def matches(tag: str, if_none_match: str | None) -> bool:
    """If-None-Match compares weakly (RFC 9110, 13.1.2)."""
    if not if_none_match:
        return False
    known = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return "*" in known or tag.removeprefix("W/") in known


def redirect(url: str, headers: Mapping[str, str] | None = None) -> Response[str]:
    return text_response("", None, HTTPStatus.FOUND, headers={"Location": url, **(headers or {})})
