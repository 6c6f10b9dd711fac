"""The operations of the API, one method each. Keys arrive as tokens (see addressing)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from api.addressing import untoken
from api.derived import DerivedRoutes
from api.incoming import Incoming, from_base64, parse, wrong
from api.live import LiveRoute
from api.lookup import Lookup
from api.models import MAX_FILES, Accepted, Health, InlineUpload, Page, Refusal, Retried
from api.openapi import document
from api.page import Page as WebPage
from api.problems import HttpProblem
from api.responses import Handler, conditional, etag, json_response, matches, redirect, text_response
from api.settings import Settings
from api.statistics import Statistics
from api.storage import Storage
from api.uploading import Uploads
from api.views import Seen, all_urls, gallery_urls, image, links, original_url, past, summary, timeline
from imagebus.history.fold import fold
from imagebus.listing import ImageIndex
from imagebus.retrying import Retrier
from imagebus.store import EventStore

MAX_NAME_LENGTH = 255


@dataclass(frozen=True)
class Routes:
    """Everything that the operations need. `incoming` is the current request."""

    incoming: Incoming
    settings: Settings
    store: EventStore
    index: ImageIndex
    storage: Storage
    lookup: Lookup
    derived: DerivedRoutes
    uploads: Uploads
    stats: Statistics
    live: LiveRoute
    retrier: Retrier
    page: Callable[[], WebPage]

    def table(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/", self.show_page),
            ("GET", "/openapi.json", self.describe),
            ("GET", "/health", self.health),
            ("GET", "/stats", self.stats.show),
            ("GET", "/live", self.live.show),
            ("POST", "/images", self.request_uploads),
            ("GET", "/images", self.list_images),
            ("POST", "/upload", self.upload),
            ("GET", "/images/<token>", self.show),
            ("GET", "/images/<token>/status", self.show),
            ("GET", "/images/<token>/events", self.events),
            ("GET", "/images/<token>/original", self.original),
            ("GET", "/images/<token>/processed", self.derived.processed),
            ("GET", "/images/<token>/thumbnails/<name>", self.derived.thumbnail),
            ("GET", "/images/<token>/variants", self.derived.list_variants),
            ("GET", "/images/<token>/variants/<name>", self.derived.variant),
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
        if matches(page.etag, self.incoming.header("if-none-match")):
            return text_response("", None, HTTPStatus.NOT_MODIFIED, headers=headers)
        return text_response(page.html, "text/html; charset=utf-8", headers=headers)

    def describe(self) -> Response[str]:
        described = document(self.settings.max_bytes, self.settings.content_types)
        response = conditional(described, etag(described), self.incoming.header("if-none-match"))
        response.headers["Cache-Control"] = "public, max-age=300"
        return response

    def health(self) -> Response[str]:
        return json_response(Health(status="ok").as_json())

    # --- uploads

    def request_uploads(self) -> Response[str]:
        self.incoming.only()
        wanted = self.incoming.json()
        if not isinstance(wanted, list):
            return json_response(self.uploads.ticket(wanted).as_json())
        if not 0 < len(wanted) <= MAX_FILES:
            raise wrong(f"A list has 1 to {MAX_FILES} files.")
        with ThreadPoolExecutor(8) as pool:  # S3 is asked about each key of the caller's own
            answers = list(pool.map(self.uploads.ticket_or_refusal, wanted))
        refused = any(isinstance(each, Refusal) for each in answers)
        return json_response(
            [each.as_json() for each in answers],
            HTTPStatus.MULTI_STATUS if refused else HTTPStatus.OK,
        )

    def upload(self) -> Response[str]:
        self.incoming.only("filename")
        name = self.incoming.query("filename") or "image"
        if len(name) > MAX_NAME_LENGTH:
            raise wrong(f"filename has at most {MAX_NAME_LENGTH} characters.")
        content_type = self.incoming.content_type()
        if content_type == "application/json":
            small = parse(InlineUpload, self.incoming.json())
            accepted = self.uploads.take(small.filename, small.content_type, from_base64(small.data))
        else:
            self.uploads.require_type(content_type)
            accepted = self.uploads.take(name, content_type, self.incoming.raw_body())
        location = {"Location": accepted.links.self_}
        return json_response(accepted.as_json(), HTTPStatus.ACCEPTED, headers=location)

    # --- reading

    def list_images(self) -> Response[str]:
        self.incoming.only("status", "prefix", "label", "since", "until", "limit", "cursor", "urls")
        filters, limit = self.incoming.filters(), self.incoming.limit()
        try:
            listed = self.index.newest(filters, limit, self.incoming.query("cursor"))
        except ValueError as error:
            raise HttpProblem(
                HTTPStatus.BAD_REQUEST,
                "invalid_cursor",
                "The cursor does not come from a page of this list.",
            ) from error
        active = self.lookup.recipes.active()
        images = [Seen(item, active) for item in listed.items]
        plain = Page(items=[summary(seen) for seen in images], cursor=listed.cursor)
        shown = plain
        if self.incoming.wants_urls():
            items = [summary(seen, gallery_urls(seen, self.storage, self.settings)) for seen in images]
            shown = Page(items=items, cursor=listed.cursor)
        state = [plain.as_json(), [seen.shown.recipe for seen in images]]
        return conditional(shown.as_json(), etag(state), self.incoming.header("if-none-match"))

    def show(self, token: str) -> Response[str]:
        self.incoming.only("urls", "at")
        wants_urls = self.incoming.wants_urls()
        if at := self.incoming.moment("at"):
            return self._show_past(untoken(token), at)
        seen = self.lookup.seen(token)
        urls = all_urls(seen, self.storage, self.settings) if wants_urls else None
        return conditional(
            image(seen, urls).as_json(), etag(image(seen).as_json()), self.incoming.header("if-none-match")
        )

    def events(self, token: str) -> Response[str]:
        self.incoming.only()
        key = self.lookup.item(token)["image_key"]
        log = self.store.latest(key)
        if not log:
            raise HttpProblem(HTTPStatus.NOT_FOUND, "no_events_yet", "No event has been recorded yet.")
        body = timeline(log).as_json()
        return conditional(body, etag(body), self.incoming.header("if-none-match"))

    def original(self, token: str) -> Response[str]:
        self.incoming.only()
        item = self.lookup.item(token)
        return redirect(original_url(item, self.storage, self.settings))

    # --- changing

    def retry(self, token: str) -> Response[str]:
        self.incoming.only()
        seen = self.lookup.seen(token)
        key = seen.key
        result = self.retrier.retry(key)
        if not result.sent:
            detail = f"The image is {seen.item['status']}, and no stage has failed or is outstanding."
            if result.unreachable:
                detail = f"These stages have no inbox here: {', '.join(result.unreachable)}."
            raise HttpProblem(HTTPStatus.CONFLICT, "nothing_to_retry", detail)
        answer = Retried(key=key, stages=result.stages, links=links(key, seen))
        return json_response(answer.as_json(), HTTPStatus.ACCEPTED)

    def delete(self, token: str) -> Response[str]:
        """Writes a delete marker. Its event removes the derived images and changes the status."""
        key = self.lookup.item(token)["image_key"]
        self.incoming.only()
        self.storage.delete(self.settings.uploads_bucket, key)
        return json_response(Accepted(key=key, links=links(key)).as_json(), HTTPStatus.ACCEPTED)

    # --- shared

    def _show_past(self, key: str, at: str) -> Response[str]:
        """What the log says was known then. S3 is not asked: it only knows the present."""
        known = self.store.known_at(key, at)
        if not known:
            detail = f"Nothing was known about the image {key!r} at {at}: its first event is later."
            raise HttpProblem(HTTPStatus.NOT_FOUND, "not_known_then", detail)
        item = fold(known, self.settings.required)
        shown = past(Seen(item, self.lookup.recipes.active_at(at))).as_json()
        return conditional(shown, etag(shown), self.incoming.header("if-none-match"))
