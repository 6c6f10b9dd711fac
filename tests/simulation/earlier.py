"""Functions of an earlier release: they publish the first version of each event, and know no later one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from imagebus.events import NotAnEvent
from imagebus.inbox import Delivery

Json = dict[str, Any]
Handle = Callable[[Sequence[Delivery]], None]


def _labels(data: Json) -> Json:
    return {"labels": data["labels"], "model_version": data["model_versions"]["labels"]}


def _validated(data: Json) -> Json:
    return {name: value for name, value in data.items() if name != "user_metadata"}


class NewerVersion(Exception):
    """What that code raised as UnknownEvent."""


#: How the first version says what the second one says, as the released schemas have it.
FIRST: Mapping[str, Callable[[Json], Json]] = {"LabelsDetected": _labels, "ImageValidated": _validated}


def first_version(detail_type: str, detail: Json) -> Json:
    if detail_type not in FIRST:
        return detail
    return {"meta": detail["meta"] | {"schema_version": 1}, "data": FIRST[detail_type](detail["data"])}


class EarlierClient:
    """A client of AWS as the earlier code uses it."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_events(self, **request: Any) -> Any:
        entries = []
        for entry in request["Entries"]:
            detail = first_version(entry["DetailType"], json.loads(entry["Detail"]))
            entries.append(entry | {"Detail": json.dumps(detail)})
        return self._client.put_events(Entries=entries)

    def query(self, **request: Any) -> Any:
        """It cannot fold a log that has an event of a later version."""
        answer = self._client.query(**request)
        for item in answer["Items"]:
            if "event" in item:
                event = json.loads(item["event"]["S"])
                _check(event["detail_type"], event["detail"])
        return answer


def reading_only_the_first(handle: Handle) -> Handle:
    """The handler, for messages that the earlier code can read."""

    def handle_known(group: Sequence[Delivery]) -> None:
        for delivery in group:
            with suppress(NotAnEvent):  # the handler finds out itself
                envelope = delivery.envelope
                _check(envelope["detail-type"], envelope["detail"])
        handle(group)

    return handle_known


def _check(detail_type: str, detail: Json) -> None:
    match detail.get("meta"):
        case {"schema_version": int(version)} if detail_type in FIRST and version > 1:
            raise NewerVersion(f"{detail_type} version {version} is newer than 1")
