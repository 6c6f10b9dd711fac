"""SNS: keeps what was published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from imagebus.testing.errors import client_error

#: https://docs.aws.amazon.com/sns/latest/api/API_MessageAttributeValue.html
DATA_TYPES = frozenset({"String", "String.Array", "Number", "Binary"})


class InMemorySNS:
    def __init__(self) -> None:
        #: Requests, in the order of acceptance.
        self.published: list[dict[str, Any]] = []

    def publish(self, **request: Any) -> dict[str, Any]:
        subject = request.get("Subject", "x")
        types = {attribute["DataType"] for attribute in request.get("MessageAttributes", {}).values()}
        valid = 1 <= len(subject) <= 100 and subject.isascii() and subject.isprintable()
        if not (valid and types <= DATA_TYPES and _is_structured(request)):
            raise client_error("InvalidParameter", "Publish")
        self.published.append(request)
        return {"MessageId": f"sns-{len(self.published)}"}

    def received(self, protocol: str) -> list[str]:
        """The text of every message as a subscription of this protocol gets it."""
        return [_text(request, protocol) for request in self.published]

    def bodies(self) -> list[dict[str, Any]]:
        """The machine-readable JSON of every message."""
        return [json.loads(text) for text in self.received("sqs")]

    def event_ids(self) -> list[str]:
        return [body["event"]["detail"]["meta"]["event_id"] for body in self.bodies()]


def _is_structured(request: Mapping[str, Any]) -> bool:
    """A structured message has a text for every protocol that has none of its own.

    https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """
    if "MessageStructure" not in request:
        return True
    return request["MessageStructure"] == "json" and "default" in json.loads(request["Message"])


def _text(request: Mapping[str, Any], protocol: str) -> str:
    if "MessageStructure" not in request:
        return str(request["Message"])
    texts = json.loads(request["Message"])
    return str(texts.get(protocol, texts["default"]))
