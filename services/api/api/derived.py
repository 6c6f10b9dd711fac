"""The routes to derived images: by name, by format, or by what the caller accepts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from aws_lambda_powertools.event_handler import Response

from api.accept import best
from api.incoming import Incoming
from api.lookup import Lookup
from api.problems import Code, HttpProblem
from api.responses import conditional, etag, json_response, redirect
from api.settings import Settings
from api.storage import Storage, expiry
from api.variants import by_name
from api.views import Seen, derived_url, variants
from imagebus.clock import Clock
from imagebus.image_types import most_compatible

#: A cache must not give one caller's format to another.
VARY = {"Vary": "Accept"}


@dataclass(frozen=True)
class DerivedRoutes:
    incoming: Incoming
    settings: Settings
    storage: Storage
    lookup: Lookup
    clock: Clock

    def processed(self, token: str) -> Response[str]:
        self.incoming.only()
        seen = self.lookup.seen(token)
        if not seen.shown.watermarked:
            raise _not_there_yet(seen, "processed image")
        return self._redirect(seen.shown.watermarked)

    def thumbnail(self, token: str, name: str) -> Response[str]:
        self.incoming.only()
        files = _files(self.lookup.seen(token), name, "thumbnail")
        return self._redirect(files[most_compatible(files)])

    def list_variants(self, token: str) -> Response[str]:
        self.incoming.only()
        seen = self.lookup.seen(token)
        recipe = self.lookup.recipe(seen.shown.recipe)
        expires_at = None if self.settings.images_url else expiry(self.clock.now())
        body = variants(seen, recipe, self.storage, self.settings, expires_at).as_json()
        if "expires_at" in body:  # the caller needs new addresses even if nothing else has changed
            return json_response(body)
        return conditional(body, etag(body), self.incoming.header("if-none-match"))

    def variant(self, token: str, name: str) -> Response[str]:
        self.incoming.only("format")
        wanted = self.incoming.format()
        files = _files(self.lookup.seen(token), name, "variant")
        there = ", ".join(files).lower()
        if wanted:
            if wanted not in files:
                detail = f"The variant is not in this format. Available: {there}."
                raise HttpProblem(HTTPStatus.NOT_FOUND, "format_not_found", detail)
            return self._redirect(files[wanted])
        chosen = best(files, self.incoming.accept())
        if chosen is None:
            detail = f"Accept allows none of the variant's formats: {there}."
            raise HttpProblem(HTTPStatus.NOT_ACCEPTABLE, "not_acceptable", detail, headers=VARY)
        return self._redirect(files[chosen], headers=VARY)

    def _redirect(self, file: Mapping[str, Any], **options: Any) -> Response[str]:
        return redirect(derived_url(file["key"], self.storage, self.settings), **options)


def _files(seen: Seen, name: str, what: Literal["thumbnail", "variant"]) -> Mapping[str, Mapping[str, Any]]:
    """The formats of a variant. Raises HttpProblem."""
    found = by_name(seen.shown.thumbnails)
    if not found:
        raise _not_there_yet(seen, what)
    if name not in found:
        detail = f"There is no such {what}. Available: {', '.join(found)}."
        code: Code = "thumbnail_not_found" if what == "thumbnail" else "variant_not_found"
        raise HttpProblem(HTTPStatus.NOT_FOUND, code, detail)
    return found[name]


def _not_there_yet(seen: Seen, what: str) -> HttpProblem:
    return HttpProblem(
        HTTPStatus.NOT_FOUND, "not_available", f"There is no {what}: the image is {seen.item['status']}."
    )
