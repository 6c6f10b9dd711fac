"""The operations of the API, one method each. Keys arrive as tokens (see addressing)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from pydantic import TypeAdapter, ValidationError

from api.addressing import untoken
from api.listing import DEFAULT_LIMIT, MAX_LIMIT, ImageIndex
from api.models import Accepted, Health, InlineUpload, Page, Retried, Status, UploadRequest
from api.openapi import UploadRequests, document
from api.page import Page as WebPage
from api.problems import Problem, invalid, not_found
from api.responses import conditional, etag, json_response, matches, redirect, text_response
from api.retrying import Retrier, errands
from api.settings import Settings
from api.storage import Storage
from api.uploading import Uploads
from api.views import all_urls, gallery_urls, image, links, original_url, summary, timeline
from imagebus.store import EventStore, Item

_STATUSES: TypeAdapter[Status] = TypeAdapter(Status)
_UPLOADS: TypeAdapter[UploadRequest | list[UploadRequest]] = TypeAdapter(UploadRequests)
_LIMIT = re.compile(r"[1-9][0-9]{0,2}")

Handler = Callable[..., Response[str]]


@dataclass(frozen=True)
class Routes:
    """Everything that the operations need; `app` holds the request that is being answered."""

    app: APIGatewayRestResolver
    settings: Settings
    store: EventStore
    index: ImageIndex
    storage: Storage
    uploads: Uploads
    retrier: Retrier
    page: Callable[[], WebPage]

    def table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/", self.show_page),
            ("GET", "/openapi.json", self.describe),
            ("GET", "/health", self.health),
            ("POST", "/images", self.request_uploads),
            ("GET", "/images", self.list_images),
            ("POST", "/upload", self.upload),
            ("GET", "/images/<token>", self.show),
            ("GET", "/images/<token>/status", self.show),
            ("GET", "/images/<token>/events", self.events),
            ("GET", "/images/<token>/original", self.original),
            ("GET", "/images/<token>/processed", self.processed),
            ("GET", "/images/<token>/thumbnails/<name>", self.thumbnail),
            ("POST", "/images/<token>/retry", self.retry),
            ("DELETE", "/images/<token>", self.delete),
        ]

    # --- public

    def show_page(self) -> Response[str]:
        page = self.page()
        headers = {
            "Content-Security-Policy": page.content_security_policy,
            "ETag": page.etag,
            "Cache-Control": "no-cache",
        }
        if matches(page.etag, self._header("if-none-match")):
            return text_response("", None, HTTPStatus.NOT_MODIFIED, headers=headers)
        return text_response(page.html, "text/html; charset=utf-8", headers=headers)

    def describe(self) -> Response[str]:
        response = conditional(document(), etag(document()), self._header("if-none-match"))
        response.headers["Cache-Control"] = "public, max-age=300"
        return response

    def health(self) -> Response[str]:
        return json_response(Health(status="ok").as_json())

    # --- uploads

    def request_uploads(self) -> Response[str]:
        wanted = self._parse(_UPLOADS)
        several = isinstance(wanted, list)
        tickets = self.uploads.tickets(wanted if isinstance(wanted, list) else [wanted])
        body = [ticket.as_json() for ticket in tickets]
        return json_response(body if several else body[0], HTTPStatus.CREATED)

    def upload(self) -> Response[str]:
        content_type = self._content_type()
        if content_type == "application/json":
            small = self._parse(TypeAdapter(InlineUpload))
            accepted = self.uploads.take(small.filename, small.content_type, _from_base64(small.data))
        else:
            name = self._query("filename") or "image"
            accepted = self.uploads.take(name, content_type, self._raw_body())
        location = {"Location": accepted.links.self_}
        return json_response(accepted.as_json(), HTTPStatus.ACCEPTED, headers=location)

    # --- reading

    def list_images(self) -> Response[str]:
        status = self._query("status")
        if status is not None:
            status = self._checked(status, _STATUSES)
        try:
            listed = self.index.newest(status, self._limit(), self._query("cursor"))
        except ValueError as error:
            raise Problem(
                HTTPStatus.BAD_REQUEST,
                "invalid_cursor",
                "The cursor is not one that a page of this list gave out.",
            ) from error
        plain = Page(items=[summary(item) for item in listed.items], cursor=listed.cursor)
        shown = plain
        if self._query("urls") == "true":
            items = [summary(item, gallery_urls(item, self.storage, self.settings)) for item in listed.items]
            shown = Page(items=items, cursor=listed.cursor)
        return conditional(shown.as_json(), etag(plain.as_json()), self._header("if-none-match"))

    def show(self, token: str) -> Response[str]:
        item = self._item(token)
        urls = all_urls(item, self.storage, self.settings) if self._query("urls") == "true" else None
        return conditional(
            image(item, urls).as_json(), etag(image(item).as_json()), self._header("if-none-match")
        )

    def events(self, token: str) -> Response[str]:
        key = untoken(token)
        log = self.store.latest(key)
        if not log:
            raise not_found(key)
        body = timeline(log).as_json()
        return conditional(body, etag(body), self._header("if-none-match"))

    def original(self, token: str) -> Response[str]:
        item = self._item(token)
        if item["status"] == "deleted":
            raise Problem(HTTPStatus.NOT_FOUND, "image_deleted", "The image was deleted.")
        return redirect(original_url(item, self.storage, self.settings))

    def processed(self, token: str) -> Response[str]:
        item = self._item(token)
        if "watermarked" not in item:
            raise _not_there_yet(item, "processed image")
        return redirect(self.storage.url(self.settings.images_bucket, item["watermarked"]["key"]))

    def thumbnail(self, token: str, name: str) -> Response[str]:
        item = self._item(token)
        found = {each["name"]: each["key"] for each in item.get("thumbnails", ())}
        if not found:
            raise _not_there_yet(item, "thumbnail")
        if name not in found:
            raise Problem(
                HTTPStatus.NOT_FOUND,
                "thumbnail_not_found",
                f"There is no such thumbnail; there are {', '.join(found)}.",
            )
        return redirect(self.storage.url(self.settings.images_bucket, found[name]))

    # --- changing

    def retry(self, token: str) -> Response[str]:
        item = self._item(token)
        key = item["image_key"]
        stages = self.retrier.send(errands(item, self.store.latest(key)))
        if not stages:
            raise Problem(
                HTTPStatus.CONFLICT,
                "nothing_to_retry",
                f"The image is {item['status']}; only a failed one has work to do again.",
            )
        return json_response(
            Retried(key=key, stages=stages, links=links(key, item)).as_json(), HTTPStatus.ACCEPTED
        )

    def delete(self, token: str) -> Response[str]:
        """A delete marker; the events that follow from it remove the derived images and set the status."""
        item = self._item(token)
        key = item["image_key"]
        if item["status"] != "deleted":
            self.storage.delete(self.settings.uploads_bucket, key)
        return json_response(Accepted(key=key, links=links(key)).as_json(), HTTPStatus.ACCEPTED)

    # --- the request

    def _item(self, token: str) -> Item:
        key = untoken(token)
        item = self.store.status(key)
        if item is None:
            raise not_found(key)
        return item

    def _header(self, name: str) -> str | None:
        return self.app.current_event.headers.get(name)

    def _query(self, name: str) -> str | None:
        """The parameter; an empty one counts as absent."""
        return (self.app.current_event.query_string_parameters or {}).get(name) or None

    def _limit(self) -> int:
        text = self._query("limit")
        if text is None:
            return DEFAULT_LIMIT
        if not _LIMIT.fullmatch(text) or int(text) > MAX_LIMIT:
            raise Problem(
                HTTPStatus.BAD_REQUEST, "invalid_request", f"limit is a number from 1 to {MAX_LIMIT}."
            )
        return int(text)

    def _checked(self, value: str, adapter: TypeAdapter[Any]) -> Any:
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            raise invalid("query", error) from error

    def _content_type(self) -> str:
        return (self._header("content-type") or "").split(";", 1)[0].strip().lower()

    def _raw_body(self) -> bytes:
        event = self.app.current_event
        if not event.body:
            return b""
        if not event.is_base64_encoded:
            raise Problem(HTTPStatus.BAD_REQUEST, "not_binary", "The body did not arrive as bytes.")
        return base64.b64decode(event.body)

    def _parse(self, adapter: TypeAdapter[Any]) -> Any:
        if self._content_type() != "application/json":
            raise Problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_type", "The body must be application/json."
            )
        event = self.app.current_event
        try:
            text = _from_base64(event.body or "") if event.is_base64_encoded else event.body
            body = json.loads(text or "")
        except (ValueError, RecursionError) as error:
            raise Problem(HTTPStatus.BAD_REQUEST, "invalid_json", "The body is not JSON.") from error
        try:
            return adapter.validate_python(body)
        except ValidationError as error:
            raise invalid("body", error) from error


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_base64", "The data is not base64.") from error


def _not_there_yet(item: Mapping[str, Any], what: str) -> Problem:
    return Problem(
        HTTPStatus.NOT_FOUND, "not_available", f"There is no {what}: the image is {item['status']}."
    )
