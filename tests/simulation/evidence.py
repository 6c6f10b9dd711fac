"""What went wrong on the way, from which the invariants know what nobody can expect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.facts import folder_of

WRITERS = ("thumbnailer", "watermarker")


@dataclass
class Evidence:
    #: events whose notifier died in its publish window, and events that no notifier handled
    may_be_told_twice: set[str] = field(default_factory=set)
    never_told: set[str] = field(default_factory=set)
    #: every event that a stage gave up on, with the stage
    given_up: set[tuple[str, str]] = field(default_factory=set)
    recorder_gave_up: bool = False
    #: events that were lost on the way to the recorder: only a replay can bring them back
    unrecorded: set[str] = field(default_factory=set)
    #: S3 events that nobody will ever deliver, by key
    unheard: set[str] = field(default_factory=set)
    #: folders of revisions for which a worker gave up: nobody removes what it had written
    left_behind: set[str] = field(default_factory=set)
    leftovers: bool = False

    def fault(
        self, function: str, what: str, operation: str, request: Mapping[str, Any], *, repeats: bool
    ) -> None:
        """A call failed. `repeats`: its message may have been delivered twice, or names no version, or
        another engine makes the second attempt and writes other objects.
        """
        if function == "notifier" and what not in ("throttled", "timed out"):
            if operation == "publish" and what != "before":
                self.may_be_told_twice.add(told(request))
            if operation == "put_item" and request["Item"]["sending"]["S"] == "sent":
                # also after the mark was written: whether its response arrived does not matter then
                self.may_be_told_twice.add(request["Item"]["event_id"]["S"])
        if function in WRITERS:
            # The duplicate may have been handled, and an object without a version is only seen to be gone.
            # In both cases nobody retries, so nobody removes what the first attempt had written.
            self.leftovers |= repeats

    def timed_out(self, function: str, bodies: list[str]) -> None:
        if function == "notifier":
            self.may_be_told_twice |= {event_id(body) for body in bodies}

    def dead_letter(self, function: str, body: str) -> None:
        self.given_up.add((function, event_id(body)))
        self.recorder_gave_up |= function == "recorder"
        if function in WRITERS and (home := _home(body)):
            self.left_behind.add(home)
        if function == "notifier":
            self.never_told.add(event_id(body))

    def lost(self, function: str, body: str) -> None:
        """A message that its queue accepted and never delivered."""
        match function:
            case "notifier":
                self.never_told.add(event_id(body))
            case "recorder":
                self.unrecorded.add(event_id(body))
            case "ingest":
                self.unheard.add(_s3_key(body))
            case "cleaner":
                self.leftovers = True


def event_id(body: str) -> str:
    """The id of an event in a queue; empty if the message is not an event."""
    try:
        return str(json.loads(body)["detail"]["meta"]["event_id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _home(body: str) -> str:
    try:
        meta = json.loads(body)["detail"]["meta"]
        return folder_of(meta["image_key"], meta["revision"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _s3_key(body: str) -> str:
    try:
        return str(json.loads(body)["detail"]["object"]["key"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def told(request: Mapping[str, Any]) -> str:
    body = json.loads(json.loads(request["Message"])["default"])
    return str(body["event"]["detail"]["meta"]["event_id"])
