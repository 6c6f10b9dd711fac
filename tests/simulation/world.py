"""The in-memory AWS with its pollers and its rules: everything between the functions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any

from imagebus.naming import dead_letters_name, stage_of
from imagebus.recipes.store import DynamoDBRecipes
from imagebus.testing import (
    InMemoryEventBridge,
    InMemoryS3,
    InMemorySNS,
    InMemorySQS,
    Rule,
    erasures_table,
    lambda_event,
    ledger_table,
    recipes_table,
    status_table,
)
from imagebus.testing.s3 import Bucket
from tests.simulation import coverage, functions, wiring
from tests.simulation.coverage import Call
from tests.simulation.evidence import Evidence
from tests.simulation.faults import Client, Death, Faults
from tests.simulation.scheduler import EPOCH, Scheduler, Skewed, TimedOut
from tests.simulation.settings import Settings
from tests.simulation.stale import LaggingDynamoDB
from tests.simulation.upload import sequencer
from tests.simulation.watch import Watch
from tests.simulation.weather import Weather

MACHINES = 5


class World:
    def __init__(self, random: Random, weather: Weather, deaths: frozenset[Death] = frozenset()) -> None:
        self.random = random
        self.weather = weather
        self.scheduler = Scheduler()
        self.faults = Faults(self.scheduler, random, weather, deaths)
        self.sqs = InMemorySQS(self.scheduler, random)
        self.sns = InMemorySNS()
        self.dynamodb = LaggingDynamoDB(
            {
                wiring.STATUS: status_table(),
                wiring.LEDGER: ledger_table(),
                wiring.ERASURES: erasures_table(),
                wiring.RECIPES: recipes_table(),
            },
            weather.page_items,
            self.scheduler,
            random,
            weather.lag,
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
            sequencer=sequencer(random),
            clock=self.scheduler,
        )
        self._add_queues()
        self.watch = Watch(self)
        self.events = _Bus(
            deliver=self._deliver, refuses=self._refuses, clock=self.scheduler, rules=self._rules
        )
        self.events.watch = self.watch
        self._wakes: dict[str, float] = {}
        self._running: Counter[str] = Counter()
        machines = MACHINES if weather.skew else 0
        self._clocks = [Skewed(self.scheduler, random, weather.skew) for _ in range(machines)]
        self._recipes: dict[str, list[DynamoDBRecipes]] = {}
        #: Stages whose dependency is down, and functions that do not run.
        self.down: set[str] = set()
        self.paused: set[str] = set()
        #: The deployed versions: while a deployment runs, functions of both take turns.
        self.deployed: tuple[Settings, ...] = (Settings(),)
        #: ... and all that there ever were
        self.versions: tuple[Settings, ...] = self.deployed
        #: Of the last S3 event.
        self.last_sequencer = ""
        self.evidence = Evidence()
        self.seen: Counter[str] = Counter()
        #: Called when a worker has written an object, so that users can interfere exactly then.
        self.interfere = lambda _key: None

    # --- deployments and clocks ---

    def settings(self) -> Settings:
        return self.random.choice(self.deployed) if len(self.deployed) > 1 else self.deployed[0]

    @property
    def required(self) -> set[str]:
        """The required facts of every version that may have folded an image."""
        return {settings.required for settings in self.deployed}

    def clock(self) -> Any:
        """Of the machine on which an execution environment runs."""
        return self.random.choice(self._clocks) if self._clocks else self.scheduler

    def recipes(self, function: str) -> DynamoDBRecipes:
        """As an execution environment of the function keeps it: often from one invocation to the next."""
        warm = self._recipes.setdefault(function, [])
        if not warm or self.random.random() < 0.3:
            dynamodb = self.client(function, "dynamodb")
            warm[2:] = []
            warm.insert(0, DynamoDBRecipes(dynamodb, wiring.RECIPES, self.clock()))
        return self.random.choice(warm)

    # --- queues ---

    def inbox(self, name: str) -> str:
        return f"memory://{name}"

    def dead_letters(self, name: str) -> str:
        return f"memory://{dead_letters_name(wiring.BUS, name)}"

    def _add_queues(self) -> None:
        self._functions: dict[str, tuple[str, int]] = {}
        visibility, rules = self.weather.visibility, []
        for consumer in wiring.consumers():
            name = consumer.name
            letters = dead_letters_name(wiring.BUS, name)
            dead = self.sqs.add_queue(letters, visibility_timeout=visibility)
            inbox = self.sqs.add_queue(
                name,
                visibility_timeout=visibility,
                max_receive_count=wiring.MAX_RECEIVE_COUNT,
                dead_letter_url=dead,
            )
            rules.append(Rule(consumer.rule, consumer.pattern, inbox))
            self._functions |= {inbox: (name, consumer.batch), dead: ("failures", 10)}
        self.undelivered = self.sqs.add_queue("undelivered", visibility_timeout=visibility)
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
            for message in self.sqs.queues[dead].messages[before:]:
                self.evidence.dead_letter(name, message.body)
            self.seen["given up by SQS"] += 1
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
                if message["MessageId"] not in failed and not self.faults.chance(self.weather.crash):
                    self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        except TimedOut:
            self.seen["timed out"] += 1
            self.evidence.timed_out(name, [message["Body"] for message in messages])
            self._hurt(name, "timed out", "", {})
            raise
        finally:
            self._running[url] -= 1
            self.wake(url)

    # --- EventBridge ---

    def _from_s3(self, envelope: dict[str, Any]) -> None:
        self.last_sequencer = envelope["detail"]["object"]["sequencer"]
        self._deliver(self._ingest_rule, envelope)

    def _refuses(self, entry: Mapping[str, Any]) -> bool:
        return self.faults.chance(self.weather.refused)

    def _deliver(self, rule: Rule, envelope: dict[str, Any]) -> None:
        body, weather = json.dumps(envelope), self.weather
        for _ in range(2 if self.faults.chance(weather.duplicate) else 1):
            delay = self.random.uniform(0.01, 0.3)
            if self.faults.chance(weather.late):
                delay = self.random.uniform(5, 60)
            if self.faults.chance(weather.very_late):
                delay = self.random.choice([3600, 86400]) * self.random.uniform(0.5, 2)
            stage = rule.target.removeprefix("memory://")
            if self.faults.chance(weather.lost):
                self.evidence.lost(stage, body)
            elif self.faults.chance(weather.undelivered):
                attributes = {"RULE_ARN": rule.arn, "ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "denied"}
                self.evidence.dead_letter(stage, body)
                self.scheduler.after(delay, lambda: self.send(self.undelivered, body, attributes))  # noqa: B023
            else:
                self.scheduler.after(delay, lambda: self.send(rule.target, body))

    # --- what the functions see ---

    def client(self, function: str, service: str) -> Any:
        def hurt(what: str, operation: str, request: dict[str, Any]) -> None:
            self._hurt(function, what, operation, request)

        if service == "sqs":
            return _Waking(self, function, hurt)
        real = {"events": self.events, "sns": self.sns, "dynamodb": self.dynamodb, "s3": self.s3}[service]
        return Client(function, real, self.faults, hurt, self.observe)

    def observe(self, call: Call) -> None:
        self.seen.update(coverage.branches(call))
        if call.error:
            return
        self.watch.called(call)
        if call.operation == "put_object" and call.within(wiring.IMAGES):
            self.interfere(call.request["Key"])

    def check_dependency(self, stage: str) -> None:
        """Workers call this in place of pixels, to simulate a missing permission or a broken decoder."""
        if stage in self.down:
            raise functions.Outage("the pixels are out of order")

    def _hurt(self, function: str, what: str, operation: str, request: dict[str, Any]) -> None:
        engines = {settings.engine for settings in self.versions}
        repeats = self.weather.duplicate > 0 or not self.weather.names_versions or len(engines) > 1
        self.evidence.fault(function, what, operation, request, repeats=repeats)


class _Bus(InMemoryEventBridge):
    watch: Watch

    def dispatch(self, envelope: Any, only: Any = None) -> None:
        if "replay-name" not in envelope:
            self.watch.published(envelope)
        super().dispatch(envelope, only)


class _Waking(Client):
    """SQS for a function: pollers see what it sends or delays."""

    def __init__(self, world: World, function: str, hurt: Any) -> None:
        super().__init__(function, world.sqs, world.faults, hurt, world.observe)
        self._world = world

    def _call(self, operation: str, request: dict[str, Any]) -> Any:
        url = request["QueueUrl"]
        try:
            return super()._call(operation, request)
        finally:
            if operation == "send_message":
                stage = stage_of(self._world.sqs.queues[url].arn) or ""
                self._world.evidence.dead_letter(stage, request["MessageBody"])
            self._world.wake(url)
