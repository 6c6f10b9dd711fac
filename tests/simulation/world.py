"""The in-memory AWS with its pollers and its rules: everything between the functions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from imagebus.identity import derived_prefix
from imagebus.naming import dead_letters_name, stage_of
from imagebus.testing import (
    InMemoryDynamoDB,
    InMemoryEventBridge,
    InMemoryS3,
    InMemorySNS,
    InMemorySQS,
    Rule,
    erasures_table,
    lambda_event,
    ledger_table,
    status_table,
)
from imagebus.testing.s3 import Bucket
from imagebus.worker import Job
from tests.simulation import functions, wiring
from tests.simulation.faults import Client, Death, Faults, Rates
from tests.simulation.scheduler import EPOCH, Scheduler, TimedOut


@dataclass(frozen=True)
class Weather:
    """The faults of a seed."""

    rates: Rates = field(default_factory=Rates)
    #: chance that EventBridge or SQS delivers something twice
    duplicate: float = 0.0
    #: chance that a delivery takes half a minute
    late: float = 0.0
    #: chance that EventBridge gives up on a delivery
    undelivered: float = 0.0
    #: chance that one entry of PutEvents fails
    refused: float = 0.0
    concurrency: int = 3
    page_items: int = 1000
    names_versions: bool = True


class World:
    def __init__(self, random: Random, weather: Weather, deaths: frozenset[Death] = frozenset()) -> None:
        self.random = random
        self.weather = weather
        self.scheduler = Scheduler()
        self.faults = Faults(self.scheduler, random, weather.rates, deaths)
        self.sqs = InMemorySQS(self.scheduler, random)
        self.sns = InMemorySNS()
        self.dynamodb = InMemoryDynamoDB(
            {
                wiring.STATUS: status_table(),
                wiring.LEDGER: ledger_table(),
                wiring.ERASURES: erasures_table(),
            },
            weather.page_items,
        )
        self.s3 = InMemoryS3(
            {
                wiring.UPLOADS: Bucket(
                    versioned=True, sends_events=True, names_versions=weather.names_versions
                ),
                wiring.IMAGES: Bucket(),
                wiring.QUARANTINE: Bucket(),
            },
            send=self._from_s3,
            sequencer=_sequencer(random),
            clock=self.scheduler,
        )
        self._add_queues()
        self.events = InMemoryEventBridge(
            deliver=self._deliver, refuses=self._refuses, clock=self.scheduler, rules=self._rules
        )
        self._wakes: dict[str, float] = {}
        self._running: Counter[str] = Counter()
        #: Stages whose dependency is down; keys that their stage cannot handle; functions that do not run.
        self.down: set[str] = set()
        self.paused: set[str] = set()
        #: For the invariants: which function died where, and what went to which dead letters.
        self.may_be_told_twice: set[str] = set()
        self.never_told: set[str] = set()
        self.recorder_gave_up = False
        #: Folders of revisions for which a worker gave up: nobody removes what it had written.
        self.left_behind: set[str] = set()
        self.leftovers = False

    # --- queues ---

    def inbox(self, name: str) -> str:
        return f"memory://{name}"

    def dead_letters(self, name: str) -> str:
        return f"memory://{dead_letters_name(wiring.BUS, name)}"

    def _add_queues(self) -> None:
        self._functions: dict[str, tuple[str, int]] = {}
        rules = []
        for consumer in wiring.consumers():
            name = consumer.name
            letters = dead_letters_name(wiring.BUS, name)
            dead = self.sqs.add_queue(letters, visibility_timeout=wiring.VISIBILITY_TIMEOUT)
            inbox = self.sqs.add_queue(
                name,
                visibility_timeout=wiring.VISIBILITY_TIMEOUT,
                max_receive_count=wiring.MAX_RECEIVE_COUNT,
                dead_letter_url=dead,
            )
            rule = Rule(consumer.rule, consumer.pattern, inbox)
            rules.append(rule)
            self._functions |= {inbox: (name, consumer.batch), dead: ("failures", 10)}
        self.undelivered = self.sqs.add_queue("undelivered", visibility_timeout=wiring.VISIBILITY_TIMEOUT)
        self._functions[self.undelivered] = ("failures", 10)
        self._rules = rules
        self._ingest_rule = next(rule for rule in rules if rule.target == self.inbox("ingest"))

    def send(self, url: str, body: str, attributes: Mapping[str, str] | None = None) -> None:
        named = {n: {"DataType": "String", "StringValue": v} for n, v in (attributes or {}).items()}
        self.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=named)
        self.wake(url)

    def wake(self, url: str) -> None:
        """Poll the queue when its next message becomes visible."""
        if (visible := self.sqs.next_visible(url)) is None:
            return
        at = max((visible - EPOCH).total_seconds(), self.scheduler.seconds) + self.random.uniform(0.001, 0.01)
        if self._wakes.get(url, float("inf")) <= at:
            return
        self._wakes[url] = at
        self.scheduler.after(at - self.scheduler.seconds, lambda: self._woken(url, at))

    def _woken(self, url: str, at: float) -> None:
        if self._wakes.get(url) == at:
            del self._wakes[url]
            self._poll(url)

    def _poll(self, url: str) -> None:
        name, batch = self._functions[url]
        if name in self.paused or self._running[url] >= self.weather.concurrency:
            return  # unpausing, or the end of an invocation, wakes it
        dead = self.sqs.queues[url].dead_letter_url
        before = self.sqs.depth(dead) if dead else 0
        received = self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=self.random.randint(1, batch)
        ).get("Messages", [])
        if dead and self.sqs.depth(dead) > before:
            self._note_dead_letters(
                name, [message.body for message in self.sqs.queues[dead].messages[before:]]
            )
            self.wake(dead)
        if received:
            self._running[url] += 1
            for message in received:
                if self.faults.chance(self.weather.duplicate):
                    self._show_again(url, message["ReceiptHandle"])
            self.scheduler.start(lambda: self._invoke(url, name, received), wiring.FUNCTION_TIMEOUT)
        self.wake(url)

    def _show_again(self, url: str, receipt_handle: str) -> None:
        """At least once: the message is in flight, and also stays in the queue."""
        message = next(m for m in self.sqs.queues[url].messages if m.receipt_handle == receipt_handle)
        message.visible_at = self.scheduler.now() + timedelta(seconds=self.random.choice([0, 0.05, 5]))

    def _invoke(self, url: str, name: str, messages: list[dict[str, Any]]) -> None:
        try:
            function = functions.build_failures(self) if name == "failures" else functions.build(name, self)
            answer = function(lambda_event(messages, self.sqs.queues[url].arn))
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            for message in messages:
                # Lambda's poller may fail to delete a handled message.
                if message["MessageId"] not in failed and not self.faults.chance(self.weather.rates.crash):
                    self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        except TimedOut:
            if name == "notifier":
                self.may_be_told_twice |= {event_id(message["Body"]) for message in messages}
            self._note_fault(name, "timed out", "", {})
            raise
        finally:
            self._running[url] -= 1
            self.wake(url)

    # --- EventBridge ---

    def _from_s3(self, envelope: dict[str, Any]) -> None:
        self._deliver(self._ingest_rule, envelope)

    def _refuses(self, entry: Mapping[str, Any]) -> bool:
        return self.faults.chance(self.weather.refused)

    def _deliver(self, rule: Rule, envelope: dict[str, Any]) -> None:
        body = json.dumps(envelope)
        for _ in range(2 if self.faults.chance(self.weather.duplicate) else 1):
            late = self.faults.chance(self.weather.late)
            delay = self.random.uniform(5, 60) if late else self.random.uniform(0.01, 0.3)
            if self.faults.chance(self.weather.undelivered):
                attributes = {"RULE_ARN": rule.arn, "ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "denied"}
                self._note_dead_letters(rule.target.removeprefix("memory://"), [body])
                self.scheduler.after(delay, lambda: self.send(self.undelivered, body, attributes))  # noqa: B023
            else:
                self.scheduler.after(delay, lambda: self.send(rule.target, body))

    # --- what the functions see ---

    def client(self, function: str, service: str) -> Any:
        real = {
            "events": self.events,
            "sqs": self.sqs,
            "sns": self.sns,
            "dynamodb": self.dynamodb,
            "s3": self.s3,
        }[service]

        def hurt(what: str, operation: str, request: dict[str, Any]) -> None:
            self._note_fault(function, what, operation, request)

        if service == "sqs":
            return _Waking(self, function, hurt)
        return Client(function, real, self.faults, hurt)

    def check_dependency(self, job: Job) -> None:
        """Workers call this in place of pixels, to simulate a missing permission or a broken decoder."""
        if "pixels" in self.down:
            raise functions.Outage("the pixels are out of order")

    # --- for the invariants ---

    def _note_fault(self, function: str, what: str, operation: str, request: dict[str, Any]) -> None:
        if function == "notifier" and what not in ("throttled", "timed out"):
            if operation == "publish" and what != "before":
                self.may_be_told_twice.add(_told(request))
            if operation == "put_item" and request["Item"]["sending"]["S"] == "sent":
                # also after the mark was written: whether its response arrived does not matter then
                self.may_be_told_twice.add(request["Item"]["event_id"]["S"])
        if function in ("thumbnailer", "watermarker"):
            # The duplicate may have been handled, and an object without a version is only seen to be gone.
            # In both cases nobody retries, so nobody removes what the first attempt had written.
            self.leftovers |= self.weather.duplicate > 0 or not self.weather.names_versions

    def _note_dead_letters(self, name: str, bodies: list[str]) -> None:
        self.recorder_gave_up |= name == "recorder"
        if name in ("thumbnailer", "watermarker"):
            self.left_behind |= {home for body in bodies if (home := _home(body))}
        if name == "notifier":
            self.never_told |= {event_id(body) for body in bodies}

    def gave_up(self, name: str, body: str) -> None:
        self._note_dead_letters(name, [body])


class _Waking(Client):
    """SQS for a function: pollers see what it sends or delays."""

    def __init__(self, world: World, function: str, hurt: Any) -> None:
        super().__init__(function, world.sqs, world.faults, hurt)
        self._world = world

    def _call(self, operation: str, request: dict[str, Any]) -> Any:
        url = request["QueueUrl"]
        try:
            return super()._call(operation, request)
        finally:
            if operation == "send_message":
                arn = self._world.sqs.queues[url].arn
                self._world.gave_up(stage_of(arn) or "", request["MessageBody"])
            self._world.wake(url)


def event_id(body: str) -> str:
    """The id of an event in a queue; empty if the message is not an event."""
    try:
        return str(json.loads(body)["detail"]["meta"]["event_id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _home(body: str) -> str:
    try:
        meta = json.loads(body)["detail"]["meta"]
        return derived_prefix(meta["image_key"], meta["revision"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _told(request: Mapping[str, Any]) -> str:
    body = json.loads(json.loads(request["Message"])["default"])
    return str(body["event"]["detail"]["meta"]["event_id"])


def _sequencer(random: Random) -> Any:
    """Increasing, with different lengths: "1F" is older than "1F05", which is older than "2"."""
    state = {"number": 0x61A0B2}

    def next_one() -> str:
        state["number"] += random.randint(1, 3)
        return f"{state['number']:X}" + "".join(
            random.choice("0123456789ABCDEF") for _ in range(random.choice([0, 2, 8]))
        )

    return next_one
