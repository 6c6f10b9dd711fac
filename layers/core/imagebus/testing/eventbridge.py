"""EventBridge: partial failures, rules, an archive, and replays in any order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from random import Random
from typing import Any

from imagebus.clock import Clock
from imagebus.events.envelope import REPLAY_NAME
from imagebus.testing.clock import ManualClock
from imagebus.testing.errors import client_error

ACCOUNT, REGION = "000000000000", "us-east-1"

Envelope = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """A rule on the bus, and its target: a queue's URL."""

    name: str
    pattern: Mapping[str, Any]
    target: str

    @property
    def arn(self) -> str:
        return f"arn:aws:events:{REGION}:{ACCOUNT}:rule/bus/{self.name}"


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Exact values, `prefix` and `exists`: all that this project's rules use."""
    return all(
        matches(wanted, event.get(name) or {})
        if isinstance(wanted, Mapping)
        else any(_matches_value(choice, name, event) for choice in wanted)
        for name, wanted in pattern.items()
    )


def _matches_value(choice: Any, name: str, event: Mapping[str, Any]) -> bool:
    if isinstance(choice, Mapping):
        if "exists" in choice:
            return (name in event) is choice["exists"]
        return str(event.get(name, "")).startswith(choice["prefix"])
    return name in event and event[name] == choice


@dataclass
class InMemoryEventBridge:
    """`refuses` picks the entries of a call that fail; `deliver` gets every matching rule and event."""

    deliver: Callable[[Rule, Envelope], None] = lambda _rule, _event: None
    refuses: Callable[[Mapping[str, Any]], bool] = lambda _entry: False
    clock: Clock = field(default_factory=ManualClock)
    rules: Sequence[Rule] = ()
    #: What the archive keeps, with its time: everything that is not a replay.
    archive: list[tuple[datetime, Envelope]] = field(default_factory=list)
    #: The entries of every call, as sent.
    calls: list[list[dict[str, Any]]] = field(default_factory=list)
    replays: dict[str, dict[str, Any]] = field(default_factory=dict)
    _ids: Any = field(default_factory=lambda: count(1))

    def put_events(self, **request: Any) -> dict[str, Any]:
        entries = request["Entries"]
        if not 1 <= len(entries) <= 10:
            raise client_error("ValidationException", "PutEvents")
        self.calls.append(list(entries))
        results = [self._put(entry) for entry in entries]
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}

    def _put(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        if self.refuses(entry):
            return {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
        at = entry.get("Time") or self.clock.now()
        envelope = bus_entry_envelope({**entry, "Time": at}, f"eb-{next(self._ids)}")
        self.archive.append((at, envelope))
        self.dispatch(envelope)
        return {"EventId": envelope["id"]}

    def dispatch(self, envelope: Envelope, only: Sequence[str] | None = None) -> None:
        for rule in self.rules:
            if (only is None or rule.arn in only) and matches(rule.pattern, envelope):
                self.deliver(rule, envelope)

    def start_replay(self, **request: Any) -> dict[str, Any]:
        """Registers the replay; `replayed` returns its events, `finish_replay` ends it."""
        name = request["ReplayName"]
        if name in self.replays:
            raise client_error("ResourceAlreadyExistsException", "StartReplay")
        self.replays[name] = request | {"State": "RUNNING", "ReplayStartTime": self.clock.now()}
        return {"ReplayArn": f"arn:aws:events:{REGION}:{ACCOUNT}:replay/{name}", "State": "STARTING"}

    def replayed(self, name: str, random: Random | None = None) -> list[Envelope]:
        """The archived events of the replay's window, as a replay delivers them; `random` shuffles them."""
        window = self.replays[name]
        events = [
            event | {"id": f"eb-{next(self._ids)}", REPLAY_NAME: name}
            for at, event in self.archive
            if window["EventStartTime"] <= at <= window["EventEndTime"]
        ]
        if random is not None:
            random.shuffle(events)
        return events

    def finish_replay(self, name: str) -> None:
        self.replays[name] |= {"State": "COMPLETED", "ReplayEndTime": self.clock.now()}

    def list_replays(self, **_request: Any) -> dict[str, Any]:
        return {"Replays": list(self.replays.values())}


def bus_entry_envelope(entry: Mapping[str, Any], event_id: str = "eb-1") -> Envelope:
    """The event that a rule's target receives for a PutEvents entry."""
    time = entry["Time"]
    return {
        "version": "0",
        "id": event_id,
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": ACCOUNT,
        "time": f"{time:%Y-%m-%dT%H:%M:%SZ}",
        "region": REGION,
        "resources": list(entry.get("Resources", ())),
        "detail": json.loads(entry["Detail"]),
    }
