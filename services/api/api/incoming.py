"""Validates what a request carries. Anything invalid is an HttpProblem."""

from __future__ import annotations

import base64
import binascii
import json
import re
from http import HTTPStatus
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from pydantic import BaseModel, ValidationError

from api.problems import HttpProblem, invalid
from imagebus.clock import parse_moment, timestamp
from imagebus.history.view import STATUSES
from imagebus.image_types import FORMATS
from imagebus.listing import DEFAULT_LIMIT, MAX_LIMIT, Filters

M = TypeVar("M", bound=BaseModel)

_LIMIT = re.compile(r"[1-9][0-9]{0,2}")


class Incoming:
    """The request that the resolver is handling."""

    def __init__(self, app: APIGatewayRestResolver) -> None:
        self._app = app

    def header(self, name: str) -> str | None:
        return self._app.current_event.headers.get(name)

    def accept(self) -> str | None:
        """The Accept header. Several of them are one list."""
        values = self._app.current_event.multi_value_headers.get("accept")
        return ", ".join(values) if values else self.header("accept")

    def query(self, name: str) -> str | None:
        """The parameter; an empty value counts as absent."""
        return (self._app.current_event.query_string_parameters or {}).get(name) or None

    def limit(self) -> int:
        text = self.query("limit")
        if text is None:
            return DEFAULT_LIMIT
        if not _LIMIT.fullmatch(text) or int(text) > MAX_LIMIT:
            raise wrong(f"limit must be a number from 1 to {MAX_LIMIT}.")
        return int(text)

    def wants_urls(self) -> bool:
        value = self.query("urls")
        if value not in (None, "true", "false"):
            raise wrong("urls must be true or false.")
        return value == "true"

    def format(self) -> str | None:
        """The format that the caller insists on, as events name it."""
        value = self.query("format")
        if value is None:
            return None
        if value.upper() not in FORMATS:
            raise wrong(f"format must be one of {', '.join(FORMATS).lower()}.")
        return value.upper()

    def moment(self, name: str) -> str:
        """A time, as events carry it; empty if there is none."""
        text = self.query(name)
        if text is None:
            return ""
        try:
            return timestamp(parse_moment(text))
        except ValueError as error:
            raise HttpProblem(
                HTTPStatus.BAD_REQUEST,
                "invalid_time",
                f"{name} must be an RFC 3339 time or a date, for example 2026-11-21T08:00:00Z or 2026-11-21.",
            ) from error

    def filters(self) -> Filters:
        status, prefix = self.query("status"), self.query("prefix") or ""
        if status is not None and status not in STATUSES:
            raise wrong(f"status is one of {', '.join(STATUSES)}.")
        label = self.query("label") or ""
        for name, value, longest in (("prefix", prefix, 1024), ("label", label, 255)):
            if len(value) > longest:
                raise wrong(f"{name} has at most {longest} characters.")
        return Filters(status, prefix, label, since=self.moment("since"), until=self.moment("until"))

    def only(self, *names: str) -> None:
        """Reject unknown and repeated parameters: they are mistakes that the caller wants to know about."""
        event = self._app.current_event
        for name, values in (event.multi_value_query_string_parameters or {}).items():
            if len(values) > 1:
                raise wrong(f"The parameter {name!r} is given {len(values)} times.")
        unknown = sorted(set(event.query_string_parameters or {}) - set(names))
        if unknown:
            known = f"there are {', '.join(names)}" if names else "there are none here"
            raise wrong(f"Unknown parameter {unknown[0]!r}; {known}.")

    def content_type(self) -> str:
        return (self.header("content-type") or "").split(";", 1)[0].strip().lower()

    def raw_body(self) -> bytes:
        event = self._app.current_event
        if not event.body:
            return b""
        if not event.is_base64_encoded:
            raise HttpProblem(HTTPStatus.BAD_REQUEST, "not_binary", "The body is not binary.")
        return base64.b64decode(event.body)

    def json(self) -> Any:
        """The body, which must be JSON."""
        if self.content_type() != "application/json":
            raise HttpProblem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_type", "The body must be application/json."
            )
        event = self._app.current_event
        try:
            text = from_base64(event.body or "") if event.is_base64_encoded else event.body
            return json.loads(text or "")
        except (ValueError, RecursionError) as error:
            raise HttpProblem(HTTPStatus.BAD_REQUEST, "invalid_json", "The body is not JSON.") from error


def parse(model: type[M], value: Any) -> M:
    """Raises HttpProblem that names the invalid fields."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid("body", error) from error


def from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise HttpProblem(HTTPStatus.BAD_REQUEST, "invalid_base64", "The data is not base64.") from error


def wrong(detail: str) -> HttpProblem:
    return HttpProblem(HTTPStatus.BAD_REQUEST, "invalid_request", detail)
