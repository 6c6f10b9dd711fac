"""An API with canned images and an S3 that takes forms, for the page: what it answers is set by the test."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from api.page import compose, web
from tests.integration.page.sockets import Sockets

KEY = "the-key"
MAX_BYTES = 2_000_000
#: One pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FAR = 10**9


def item(key: str, number: int, **more: Any) -> dict[str, Any]:
    at = f"2026-11-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.000Z"
    return {
        "key": key,
        "status": "completed",
        "created_at": at,
        "updated_at": at,
        "size": 1000 + number,
        **more,
    }


@dataclass
class Stub:
    """`images` by key, newest last. A form lives `lifetime` seconds; the first `refuse` get 503.

    Only `key` is answered.
    """

    images: dict[str, dict[str, Any]] = field(default_factory=dict)
    stored: dict[str, int] = field(default_factory=dict)
    forms: dict[str, float] = field(default_factory=dict)
    lifetime: float = FAR
    refuse: int = 0
    #: S3 takes nothing
    refuses: bool = False
    #: what lists show instead of `images`
    listed: dict[str, dict[str, Any]] | None = None
    addresses: float = FAR
    #: "GET /images" -> how its next answer goes wrong: "cut" breaks off, "portal" is another system's page
    odd: dict[str, str] = field(default_factory=dict)
    most_at_once: int = 0
    requests: list[str] = field(default_factory=list)
    key: str = KEY
    url: str = ""
    #: the API of the live example, if it is deployed
    live: Sockets | None = None
    _sending: int = 0
    _lock: Any = field(default_factory=threading.Lock)

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1).rstrip("/")

    def add(self, count: int, prefix: str = "photo", **more: Any) -> None:
        start = len(self.images)
        for number in range(start, start + count):
            key = f"uploads/{prefix}-{number:03}.jpg"
            self.images[key] = item(key, number, **more)

    def change(self, key: str, **more: Any) -> dict[str, Any]:
        """The image as it is from now on."""
        self.images[key] = self.images[key] | {"updated_at": "2026-11-02T00:00:00.000Z"} | more
        return self.images[key]

    # --- the API

    def page_of(self, query: dict[str, str]) -> dict[str, Any]:
        found = [
            each
            for each in reversed((self.images if self.listed is None else self.listed).values())
            if query.get("status") in (None, each["status"])
            and each["key"].startswith(query.get("prefix", ""))
            and ("label" not in query or query["label"] in each.get("_labels", ()))
            and ("cursor" not in query or each["created_at"] < query["cursor"])
        ]
        found.sort(key=lambda each: each["created_at"], reverse=True)
        limit = int(query["limit"])
        page: dict[str, Any] = {"items": [self.summary(each) for each in found[:limit]]}
        return page | ({"cursor": found[limit - 1]["created_at"]} if len(found) > limit else {})

    def summary(self, image: dict[str, Any]) -> dict[str, Any]:
        shown = {name: value for name, value in image.items() if not name.startswith("_")}
        url = f"{self.url}bucket/{image['key']}?at={time.time()}"
        return shown | ({"urls": {"thumbnail": url}} if image["status"] == "completed" else {})

    def details(self, image: dict[str, Any]) -> dict[str, Any]:
        shown = self.summary(image)
        urls = shown.get("urls", {}) | {"original": f"{self.url}bucket/{image['key']}?at={time.time()}"}
        urls["processed"] = urls["original"]
        more = {"revision": "0A", "outstanding": [], "failures": [], "thumbnails": [], "links": {}}
        return more | shown | {"urls": urls}

    def ticket(self, wanted: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if wanted["size"] > MAX_BYTES:
            return 413, {"code": "too_large", "detail": "too large", "status": 413}
        number = len(self.forms)
        key = f"uploads/{number:03}/{wanted['filename']}"
        self.forms[key] = time.monotonic()
        return 200, {"key": key, "url": f"{self.url}bucket/", "fields": {"key": key, "policy": "signed"}}

    # --- S3

    @contextmanager
    def sending(self) -> Iterator[None]:
        with self._lock:
            self._sending += 1
            self.most_at_once = max(self.most_at_once, self._sending)
        try:
            yield
        finally:
            with self._lock:
                self._sending -= 1

    def store(self, body: bytes) -> int:
        key = (re.search(rb'name="key"\r\n\r\n(.*?)\r\n', body) or [b"", b""])[1].decode()
        if self.refuses:
            return 400
        if self.refuse:
            self.refuse -= 1
            return 503
        if time.monotonic() - self.forms[key] > self.lifetime:
            return 403
        with self._lock:
            self.stored[key] = self.stored.get(key, 0) + 1
            self.images[key] = item(key, len(self.images), status="processing")
        return 204


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stub: Stub

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def as_json(self, status: int, content: Any) -> None:
        odd = self.stub.odd.pop(f"{self.command} {urlsplit(self.path).path}", "")
        if odd == "portal":
            self.answer(200, b"<html>Log in to the WLAN</html>", "text/html")
            return
        if odd == "cut":
            self.answer(200, b'{"items": [', Content_Length="5000")
            self.close_connection = True
            return
        if self.headers["x-api-key"] != self.stub.key:
            status, content = 403, {"code": "invalid_api_key", "detail": "no key", "status": 403}
        kind = "application/json" if status < 400 else "application/problem+json"
        self.answer(status, json.dumps(content).encode(), kind)

    def key(self, path: str) -> str:
        token = path.split("/")[2].removeprefix("~")
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("utf-8", "replace")

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):  # the page gave up
            self.close_connection = True

    def do_GET(self) -> None:
        stub, address = self.stub, urlsplit(self.path)
        stub.requests.append(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path == "/":
            addresses = [stub.url.rstrip("/"), stub.socket_url]
            page = compose(web(), addresses, MAX_BYTES, ("image/jpeg", "image/png"))
            self.answer(
                200, page.html.encode(), "text/html", Content_Security_Policy=page.content_security_policy
            )
        elif address.path.startswith("/bucket/"):
            fresh = time.time() - float(query.get("at", "0")) < stub.addresses
            self.answer(200 if fresh else 403, PNG if fresh else b"", "image/png")
        elif address.path == "/live":
            self.as_json(200, {"url": f"{stub.socket_url}/socket"} if stub.live else {})
        elif address.path == "/socket" and stub.live:
            self.close_connection = True
            stub.live.serve(self.connection, self.headers)
        elif address.path == "/images":
            self.as_json(200, stub.page_of(query))
        elif image := stub.images.get(self.key(address.path)):
            if address.path.endswith("/events") and "_no_events" in image:
                self.as_json(404, {"code": "no_events_yet", "detail": "None yet.", "status": 404})
            elif address.path.endswith("/events"):
                self.as_json(200, {"key": image["key"], "events": EVENTS, "duration_ms": 5})
            else:
                self.as_json(200, stub.details(image))
        else:
            self.as_json(404, {"code": "image_not_found", "detail": "There is no such image.", "status": 404})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        if self.path == "/images":
            self.as_json(*self.stub.ticket(json.loads(self.rfile.read(length))))
            return
        with self.stub.sending():
            body = self.rfile.read(length)
        self.answer(self.stub.store(body) if len(body) == length else 400, b"", "text/plain")

    def do_DELETE(self) -> None:
        if self.stub.images.pop(self.key(self.path), None):
            self.as_json(202, {"links": {}})
        else:
            self.as_json(404, {"code": "image_deleted", "detail": "It was deleted.", "status": 404})


EVENTS = [
    {
        "event_id": "1", "type": "ImageUploaded", "source": "imagebus.ingest", "stage": "ingest",
        "occurred_at": "2026-11-01T00:00:00.000Z", "offset_ms": 0, "usage": {},
    }
]  # fmt: skip


@contextmanager
def serving() -> Iterator[Stub]:
    stub = Stub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"stub": stub}))
    stub.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
