"""SNS: keeps what was published."""

from __future__ import annotations

import json
from typing import Any

from imagebus.testing.errors import client_error


class InMemorySNS:
    def __init__(self) -> None:
        #: Requests, in the order of acceptance.
        self.published: list[dict[str, Any]] = []

    def publish(self, **request: Any) -> dict[str, Any]:
        subject = request.get("Subject", "x")
        if not 1 <= len(subject) <= 100 or not subject.isascii() or not subject.isprintable():
            raise client_error("InvalidParameter", "Publish")
        self.published.append(request)
        return {"MessageId": f"sns-{len(self.published)}"}

    def bodies(self) -> list[dict[str, Any]]:
        """The machine-readable JSON of every message."""
        return [json.loads(json.loads(request["Message"])["default"]) for request in self.published]

    def event_ids(self) -> list[str]:
        return [body["event"]["detail"]["meta"]["event_id"] for body in self.bodies()]
