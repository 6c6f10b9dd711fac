"""The API on a port of this machine, as API Gateway serves it: with a key, and the path as it was sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from api.settings import Settings
from tests.integration.api.conftest import World

KEY = "the key"
PUBLIC = ("/", "/openapi.json", "/health")
FORBIDDEN = {
    "type": "about:blank",
    "title": "Forbidden",
    "status": 403,
    "code": "invalid_api_key",
    "detail": "Send a valid key.",
}


@contextmanager
def served(world: World) -> Iterator[str]:
    """The address, which ends with a slash."""
    turn = Lock()  # moto is not made for several threads

    class Gateway(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one packet

        def answer(self) -> None:
            asked, length = urlsplit(self.path), int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            kind = (self.headers.get("Content-Type") or "").split(";")[0]
            binary = kind in Settings.content_types
            event = {
                "path": asked.path,
                "httpMethod": self.command,
                "headers": dict(self.headers),
                "multiValueHeaders": {name: self.headers.get_all(name) for name in self.headers},
                "queryStringParameters": dict(parse_qsl(asked.query, keep_blank_values=True)) or None,
                "requestContext": {"requestId": "1"},
                "body": base64.b64encode(body).decode() if binary else body.decode(errors="replace"),
                "isBase64Encoded": binary,
            }
            if asked.path in PUBLIC or self.headers.get("x-api-key") == KEY:
                with turn:
                    self.send(world.api(event, None))
            else:
                headers = {"Content-Type": ["application/problem+json"]}
                self.send({"statusCode": 403, "multiValueHeaders": headers, "body": json.dumps(FORBIDDEN)})

        def send(self, answer: dict[str, Any]) -> None:
            body = answer["body"].encode()
            self.send_response(answer["statusCode"])
            for name, values in answer["multiValueHeaders"].items():
                for value in values:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_QUERY = answer  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
