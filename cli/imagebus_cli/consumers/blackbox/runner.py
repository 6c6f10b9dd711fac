"""Delivers sequences to a deployed consumer, and reads what its stack holds afterwards.

Its event source mapping is off meanwhile, and this takes the place of Lambda's poller: so the order, the
batches and the attempts are those of the test, and no run waits for a timeout.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from collections.abc import Sequence as Several
from contextlib import contextmanager
from typing import Any

from imagebus.testing.kit.bench import DEAD, LEFT, Outcome
from imagebus.testing.kit.messages import EMPTIED, FRESH, Message, Sequence
from imagebus.testing.kit.poller import FunctionError, Poller, reason
from imagebus.testing.kit.state import Record, State, each_fact_once, record
from imagebus_cli.consumers.blackbox.parts import Aws, Parts
from imagebus_cli.consumers.blackbox.stores import (
    BucketStore,
    BusStore,
    QueueStore,
    Store,
    TableStore,
    read_all,
)
from imagebus_cli.problem import Problem

#: The variable whose change makes Lambda start new instances.
RESTART = "IMAGEBUS_CONSUMER_TEST"
#: Seconds that a queue of the consumer's own, or a change of its function, may take.
PATIENCE = 60
#: On AWS an event takes a moment from the bus to a queue.
WAIT_ON_AWS = 2


class DeployedRunner:
    """`captured`: the URL of the queue with what the consumer publishes; `more`: stores beside its own."""

    restarts = True

    def __init__(
        self,
        aws: Aws,
        parts: Parts,
        captured: str,
        topics: dict[str, str],
        more: Several[Store],
        *,
        takes_replays: bool,
    ) -> None:
        self.takes_replays = takes_replays
        self._aws, self._parts = aws, parts
        self._lambda, sqs = aws.client("lambda"), aws.client("sqs")
        self._restarts = 0
        wait = WAIT_ON_AWS if aws.is_real else 0
        dynamodb, s3 = aws.client("dynamodb"), aws.client("s3")
        self._stores: list[Store] = [
            *(TableStore(dynamodb, name, table) for name, table in parts.tables.items()),
            *(BucketStore(s3, name, bucket) for name, bucket in parts.buckets.items()),
            *more,
        ]
        self._bus = BusStore(sqs, "bus", captured, wait_seconds=wait)
        self._outbound: list[Store] = [
            *(QueueStore(sqs, f"queue {name}", url) for name, url in parts.queues.items()),
            *(QueueStore(sqs, f"topic {name}", url, wait_seconds=wait) for name, url in topics.items()),
        ]
        letters = parts.inbox.dead_letters_url
        self._dead = QueueStore(sqs, DEAD, letters) if letters else None
        mapping = parts.inbox.mapping
        self._poller = Poller(
            sqs,
            parts.inbox.url,
            parts.inbox.arn,
            self._invoke,
            reports_failures="ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", ()),
            batch_size=min(mapping.get("BatchSize", 10), 10),
            attempts=parts.inbox.max_receive_count,
            wait_seconds=wait,
        )

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """The mapping is off, and as it was afterwards; so is the function's environment."""
        was_on = self._parts.inbox.mapping.get("State") in ("Enabled", "Enabling")
        variables = self._variables()
        self._switch(on=False)
        try:
            yield
        finally:
            if self._restarts:
                self._configure(variables)
            if was_on:
                self._switch(on=True)

    def holds(self) -> int:
        """Records that are there before the first run, dead letters among them."""
        letters = self._parts.inbox.dead_letters_url
        queues = [*self._parts.queues.values(), *([letters] if letters else [])]
        return len(read_all(self._stores)) + sum(map(self._waiting, queues))

    def empty(self) -> None:
        read_all([*self._stores, self._bus, *self._outbound, *([self._dead] if self._dead else [])])
        for store in self._stores:
            store.clear()

    def run(self, sequence: Sequence) -> Outcome:
        left: list[Message] = []
        self._poller.error = ""
        for step in sequence:
            if step == FRESH:
                self._restart()
            elif step == EMPTIED:
                self._settle()
                self.empty()
                left = []
            else:
                left += self._poller.deliver(step)
        self._settle()
        names = {message.body: message.name for step in sequence for message in step}
        outcome = self._outcome(names, left)
        for store in self._stores:
            store.clear()
        return outcome

    def _outcome(self, names: dict[str, str], left: list[Message]) -> Outcome:
        events, others = self._bus.read(), read_all(self._outbound)
        letters = self._dead.messages() if self._dead else []
        state: list[Record] = [*read_all(self._stores), *each_fact_once(events), *others]
        state += [record(DEAD, names.get(each["Body"], "a message"), {}) for each in letters]
        state += [record(LEFT, message.name, {}) for message in left]
        sent: State = (*events, *others)
        reasons = (reason(each.get("MessageAttributes", {})) for each in letters)
        return Outcome(tuple(state), sent, self._poller.error or next(filter(None, reasons), ""))

    def _invoke(self, event: dict[str, Any]) -> Any:
        answer = self._lambda.invoke(
            FunctionName=self._parts.inbox.function, Payload=json.dumps(event).encode()
        )
        body = answer["Payload"].read()
        try:
            read = json.loads(body) if body else None
        except ValueError as error:
            raise FunctionError("its answer is not JSON") from error
        if "FunctionError" in answer:
            raise FunctionError(str(read.get("errorMessage") if isinstance(read, dict) else read)[:300])
        return read

    def _settle(self) -> None:
        """Until the queues that the consumer fills for itself are empty."""
        deadline = time.monotonic() + PATIENCE
        for url in self._parts.polled:
            while self._waiting(url):
                if time.monotonic() > deadline:
                    raise Problem(f"{url} is not empty after {PATIENCE} s.", "Does its function work?")
                time.sleep(0.05)

    def _waiting(self, url: str) -> int:
        """The messages in a queue."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        request = {"QueueUrl": url, "AttributeNames": names}
        found = self._aws.client("sqs").get_queue_attributes(**request)["Attributes"]
        return sum(int(found[name]) for name in names)

    def _restart(self) -> None:
        self._restarts += 1
        self._configure(self._variables() | {RESTART: str(self._restarts)})

    def _variables(self) -> dict[str, str]:
        found = self._lambda.get_function_configuration(FunctionName=self._parts.inbox.function)
        variables: dict[str, str] = found.get("Environment", {}).get("Variables", {})
        return variables

    def _configure(self, variables: dict[str, str]) -> None:
        name = self._parts.inbox.function
        self._lambda.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        self._lambda.get_waiter("function_updated_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": PATIENCE}
        )

    def _switch(self, *, on: bool) -> None:
        uuid, wanted = self._parts.inbox.mapping["UUID"], "Enabled" if on else "Disabled"
        self._lambda.update_event_source_mapping(UUID=uuid, Enabled=on)
        deadline = time.monotonic() + PATIENCE
        while self._lambda.get_event_source_mapping(UUID=uuid)["State"] != wanted:
            if time.monotonic() > deadline:
                raise Problem(f"The event source mapping {uuid} is not {wanted.lower()} after {PATIENCE} s.")
            time.sleep(0.2)
