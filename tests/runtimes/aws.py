"""Just enough of AWS for one event of every function. It keeps what was published."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from botocore import xform_name
from PIL import Image

from imagebus.recipes.parameters import recipe_of
from imagebus.recipes.store import DynamoDBRecipes
from imagebus.testing import (
    InMemoryDynamoDB,
    ManualClock,
    erasures_table,
    ledger_table,
    recipes_table,
    status_table,
)
from tests.parameters import environment

MODIFIED = "Tue, 14 Jul 2026 12:00:00 GMT"
VERSION = "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY"
LISTING = b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></ListBucketResult>'
PUBLISHED = b"<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"
ANSWERS: dict[str, Any] = {"DetectLabels": {"Labels": [], "LabelModelVersion": "3.0"}}


def jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((640, 480)).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


def _tables() -> InMemoryDynamoDB:
    """Named as `functions.environment` names them, with the recipe of the parameters."""
    tables = InMemoryDynamoDB(
        {
            "status-table": status_table(),
            "ledger-table": ledger_table(),
            "erasures-table": erasures_table(),
            "recipes-table": recipes_table(),
        }
    )
    recipes = DynamoDBRecipes(tables, "recipes-table", ManualClock())  # type: ignore[arg-type]
    recipes.use_default(recipe_of(environment("ValidatorFunction")))
    return tables


@dataclass
class AWS:
    """`published`: detail types on the bus; `calls`: the operations of the JSON services."""

    url: str = ""
    published: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    dynamodb: InMemoryDynamoDB = field(default_factory=_tables)

    def answer(self, operation: str, body: bytes) -> dict[str, Any]:
        self.calls.append(operation)
        if operation == "PutEvents":
            entries = json.loads(body)["Entries"]
            self.published += [entry["DetailType"] for entry in entries]
            return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in entries]}
        if call := getattr(self.dynamodb, xform_name(operation), None):
            found: dict[str, Any] = call(**json.loads(body))
            return found
        answer: dict[str, Any] = ANSWERS.get(operation, {})
        return answer


@contextmanager
def running() -> Iterator[AWS]:
    aws, image = AWS(), jpeg()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if target := self.headers.get("X-Amz-Target"):
                self.send(json.dumps(aws.answer(target.rpartition(".")[2], body)).encode())
            elif self.command == "POST":
                aws.calls.append("Publish")
                self.send(PUBLISHED)
            else:
                self.send(b"" if self.command == "PUT" else LISTING if "list-type" in self.path else image)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do  # noqa: N815 - http.server calls them so

        def send(self, content: bytes) -> None:
            self.send_response(200)
            headers = {
                "ETag": '"e"',
                "x-amz-version-id": VERSION,
                "Last-Modified": MODIFIED,
            }
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    aws.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield aws
    finally:
        server.shutdown()
        server.server_close()
