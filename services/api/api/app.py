"""Handles one request: normalizes its address, finds its route, and turns every outcome into a response."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from botocore.exceptions import BotoCoreError, ClientError

from api.addressing import NoSuchAddress, canonical
from api.derived import DerivedRoutes
from api.incoming import Incoming
from api.live import LiveRoute
from api.lookup import Lookup
from api.page import Page
from api.problems import HttpProblem
from api.routes import Routes
from api.settings import Settings
from api.statistics import Statistics
from api.storage import Storage
from api.uploading import Uploads
from imagebus.clock import Clock
from imagebus.listing import ImageIndex
from imagebus.recipes.store import DynamoDBRecipes
from imagebus.retrying import Retrier
from imagebus.store import EventStore
from imagebus.telemetry import logger

NOWHERE = HttpProblem(HTTPStatus.NOT_FOUND, "no_such_route", "No such address; see /openapi.json.")


class Api:
    """The Lambda handler, with its ports as arguments."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: EventStore,
        index: ImageIndex,
        storage: Storage,
        retrier: Retrier,
        recipes: DynamoDBRecipes,
        clock: Clock,
        page: Callable[[], Page],
    ) -> None:
        app = APIGatewayRestResolver(cors=_cors(settings.cors_origins))
        uploads = Uploads(settings, storage, clock)
        incoming = Incoming(app)
        lookup = Lookup(settings, store, storage, recipes)
        derived = DerivedRoutes(incoming, settings, storage, lookup, clock)
        stats = Statistics(incoming, index, clock)
        live = LiveRoute(incoming, settings, clock)
        routes = Routes(
            incoming, settings, store, index, storage, lookup, derived, uploads, stats, live, retrier, page
        )
        self.table = routes.table()
        for method, rule, handler in self.table:
            app.route(rule, method=method)(handler)
        app.not_found(self._not_found)
        app.exception_handler(HttpProblem)(HttpProblem.response)
        app.exception_handler(NoSuchAddress)(lambda _: NOWHERE.response())
        app.exception_handler([ClientError, BotoCoreError])(_unavailable)
        app.exception_handler(Exception)(_broken)
        self._app = app
        self._varies = bool(settings.cors_origins)

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        logger().append_keys(request_id=event.get("requestContext", {}).get("requestId"))
        # HEAD is GET without the body (RFC 9110, 9.3.2).
        asked = {**event, "httpMethod": "GET"} if event["httpMethod"] == "HEAD" else event
        try:
            path = canonical(asked)
        except NoSuchAddress:
            path = "/no-such-address"
        answer = self._app.resolve({**asked, "path": path}, context)
        if self._varies:  # a cache must not give one page the answer that names another
            headers = answer["multiValueHeaders"]
            headers["Vary"] = [*headers.get("Vary", ()), "Origin"]
        if asked is not event:
            answer = {**answer, "body": "", "isBase64Encoded": False}
        logger().info(
            "answered",
            extra={"method": event["httpMethod"], "route": self._rule(path), "status": answer["statusCode"]},
        )
        return answer

    def _not_found(self, _: NotFoundError) -> Response[str]:
        allowed = self._allowed(self._app.current_event.path)
        if not allowed:
            return NOWHERE.response()
        return HttpProblem(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "method_not_allowed",
            f"This address supports {', '.join(allowed)}.",
            headers={"Allow": ", ".join(allowed)},
        ).response()

    def _allowed(self, path: str) -> list[str]:
        methods = {method for method, rule, _ in self.table if _matches(rule, path)}
        return sorted(methods | {"HEAD"} if "GET" in methods else methods)

    def _rule(self, path: str) -> str | None:
        """The route of a path, for the log. The path itself contains a file name."""
        return next((rule for _, rule, _ in self.table if _matches(rule, path)), None)


def _matches(rule: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"<\w+>", "[^/]+", rule), path) is not None


def _cors(origins: tuple[str, ...]) -> CORSConfig | None:
    if not origins:
        return None
    return CORSConfig(
        allow_origin=origins[0],
        extra_origins=list(origins[1:]),
        allow_headers=["x-api-key", "if-none-match"],
        expose_headers=["ETag", "Location", "Retry-After"],
        max_age=600,
    )


def _unavailable(error: Exception) -> Response[str]:
    logger().exception("a service did not respond", extra={"error": type(error).__name__})
    return HttpProblem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "unavailable",
        "A service behind the API did not respond; try again.",
        headers={"Retry-After": "1"},
    ).response()


def _broken(error: Exception) -> Response[str]:
    logger().exception("unexpected error", extra={"error": type(error).__name__})
    return HttpProblem(
        HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "Internal error; the log has the details."
    ).response()
