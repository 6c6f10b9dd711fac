"""A message for a consumer's inbox, and what can happen to it: again, replayed, newer, with more fields."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from typing import Any

from imagebus.events.envelope import REPLAY_NAME
from imagebus.identity import NAMESPACE

#: A field that no contract has, and the text in it.
UNKNOWN_FIELD, UNKNOWN_TEXT = "field_added_later", "a value of a field that was added later"


@dataclass(frozen=True)
class Message:
    """`name` is what a report calls it; `body` is the text that SQS delivers.

    Empty `detail_type`: not an event. `about` names the upload; two messages with the same `image` are
    about one image.
    """

    name: str
    body: str
    detail_type: str = ""
    version: int = 0
    image: str = ""
    about: str = ""

    @property
    def envelope(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


#: A step is one batch, as Lambda's poller passes it to the function. A sequence is several, one by one.
Step = tuple[Message, ...]
Sequence = tuple[Step, ...]

#: In a sequence: from here on a new instance of the function runs, which remembers nothing.
FRESH = (Message("(a new instance of the function)", ""),)
#: In a sequence: what has been left so far is removed. A warm function may still remember it.
EMPTIED = (Message("(its stores are emptied)", ""),)


def singly(*messages: Message) -> Sequence:
    """Each message in a batch of its own."""
    return tuple((message,) for message in messages)


def text_of(envelope: dict[str, Any]) -> str:
    return json.dumps(envelope, ensure_ascii=False)


def again(message: Message) -> Message:
    """The same fact a second time: `meta.event_id` is the same, `id` is not (docs/events.md)."""
    name = f"{message.name}, again"
    return replace(message, name=name, body=text_of(message.envelope | {"id": _id(name)}))


def replayed(message: Message) -> Message:
    name = f"{message.name}, replayed"
    envelope = message.envelope | {"id": _id(name), REPLAY_NAME: "consumer-test"}
    return replace(message, name=name, body=text_of(envelope))


def with_unknown_fields(message: Message) -> Message:
    """As a later release of the same version sends it: with an optional field more, at every level."""
    envelope = message.envelope
    added = {UNKNOWN_FIELD: UNKNOWN_TEXT}
    detail = envelope["detail"] | {
        "meta": envelope["detail"]["meta"] | added,
        "data": envelope["detail"]["data"] | added,
    }
    name = f"{message.name}, with an unknown field"
    return replace(message, name=name, body=text_of(envelope | {"detail": detail | added}))


def of_newer_version(message: Message, newest: int) -> Message:
    """A version that nobody knows yet. What its fields mean is unknown, although they look the same."""
    envelope = message.envelope
    version = newest + 1
    name = f"{message.detail_type} of version {version}, which is newer than this release ({message.about})"
    meta = envelope["detail"]["meta"] | {"schema_version": version}
    detail = envelope["detail"] | {"meta": meta}
    body = text_of(envelope | {"id": _id(name), "detail": detail})
    return replace(message, name=name, body=body, version=version)


#: Messages that are not events. A consumer can only give up on them, and they must not get lost.
POISON = (
    Message("poison: text that is not JSON", "{not JSON"),
    Message("poison: JSON that is not an event", '{"hello": "world"}'),
)


def _id(name: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"envelope {name}"))
