"""Calls the API of a stack over HTTP, as its users do."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import urllib3

from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack

#: API Gateway throttles, and a function may be cold. A repeated request changes nothing.
RETRIES = urllib3.Retry(
    4,
    redirect=0,
    backoff_factor=0.5,
    status_forcelist=(429, 502, 503, 504),
    allowed_methods=None,
    raise_on_status=False,
)
TIMEOUT = urllib3.Timeout(connect=5, read=40)
#: How long a key may be refused after the deployment that made it.
KEY_SECONDS = 60
HTTP = urllib3.PoolManager(retries=RETRIES, timeout=TIMEOUT)


class TokenRequired(Exception):
    """The stack has a JwtIssuer, and no token was given."""


def address(key: str) -> str:
    """The path of an image, as docs/api.md defines it."""
    return f"images/{quote(key, safe='/')}"


@dataclass(frozen=True)
class Api:
    """`url` ends in a slash; `headers` hold the API key and the token."""

    url: str
    headers: dict[str, str] = field(repr=False)

    @classmethod
    def connect(cls, stack: Stack, token: str | None) -> Api:
        """Raises TokenRequired, or Problem if the API refuses the key or the token, or does not answer."""
        key = stack.apigateway.get_api_key(apiKey=stack.outputs["ApiKeyId"], includeValue=True)["value"]
        headers = {"x-api-key": key} | ({"Authorization": f"Bearer {token}"} if token else {})
        api = cls(stack.outputs["ApiUrl"], headers)
        deadline = time.monotonic() + KEY_SECONDS
        answer = api._send("GET", "images?limit=1")
        while answer.status == 403 and time.monotonic() < deadline:
            time.sleep(1)
            answer = api._send("GET", "images?limit=1")
        if answer.status == 401 and not token:
            raise TokenRequired
        api._check(answer, "GET images", 200)
        return api

    def upload(self, filename: str, content_type: str, body: bytes) -> str:
        """Request a presigned form and submit it without credentials; returns the key. Raises Problem."""
        wanted = {"filename": filename, "content_type": content_type, "size": len(body)}
        answer = self._send("POST", "images", json=wanted)
        ticket = self._check(answer, "POST images", 200).json()
        sent = HTTP.request(
            "POST", ticket["url"], fields={**ticket["fields"], "file": (filename, body, content_type)}
        )
        if sent.status not in (200, 201, 204):
            raise Problem(
                f"S3 refused the presigned form with {sent.status} at {ticket['url']}.", exit_code=1
            )
        return str(ticket["key"])

    def image(self, key: str) -> dict[str, Any] | None:
        """None if there is no such image, or it was deleted. Raises Problem."""
        answer = self._send("GET", f"{address(key)}/status")
        found: dict[str, Any] | None = (
            None if answer.status == 404 else self._check(answer, "GET status", 200).json()
        )
        return found

    def derived(self, image: dict[str, Any]) -> int:
        """Follow the redirect to a derived image without credentials; returns its size. Raises Problem."""
        links = image["links"]
        paths = [*links.get("thumbnails", {}).values(), links.get("processed")]
        path = next((each for each in paths if each), None)
        if path is None:
            raise Problem("The API links to no derived image.", "See docs/runbook.md.", exit_code=1)
        answer = self._check(self._send("GET", path), f"GET {path}", 302)
        location = answer.headers["location"]
        got = HTTP.request("GET", location, redirect=False)
        if got.status != 200 or not got.headers.get("content-type", "").startswith("image/"):
            where = location.partition("?")[0]
            raise Problem(f"S3 answered {got.status} to the presigned URL {where}.", exit_code=1)
        return len(got.data)

    def delete(self, key: str) -> None:
        """Raises Problem."""
        self._check(self._send("DELETE", address(key)), "DELETE", 202)

    def _send(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        try:
            return HTTP.request(method, self.url + path, headers={**self.headers}, redirect=False, **options)
        except urllib3.exceptions.HTTPError as error:
            raise Problem(f"The API at {self.url} does not answer: {type(error).__name__}.") from error

    def _check(self, answer: urllib3.BaseHTTPResponse, what: str, expected: int) -> urllib3.BaseHTTPResponse:
        """The answer, if it has the expected status. Raises Problem."""
        if answer.status == expected:
            return answer
        try:
            problem = json.loads(answer.data)
            why = f"{problem['code']}: {problem['detail']}"
        except (ValueError, KeyError, TypeError):
            why = "no explanation"
        raise Problem(f"The API answered {answer.status} to {what}: {why}", exit_code=1)
