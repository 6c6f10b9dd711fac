"""Runs a consumer's handler in this process, over the in-memory AWS that its template declares."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from typing import Any
from unittest import mock

from imagebus import aws
from imagebus.testing import (
    InMemoryDynamoDB,
    InMemoryEventBridge,
    InMemoryS3,
    InMemorySNS,
    InMemorySQS,
    ManualClock,
)
from imagebus.testing.dynamodb import Table
from imagebus.testing.kit.bench import DEAD, LEFT, Outcome
from imagebus.testing.kit.calls import NotInMemory, answered_by
from imagebus.testing.kit.deck import originals
from imagebus.testing.kit.messages import EMPTIED, Message, Sequence
from imagebus.testing.kit.poller import FunctionError, Poller, reason
from imagebus.testing.kit.state import Record, each_fact_once, event_record, item_record, record
from imagebus.testing.kit.template import DEAD_LETTERS, INBOX, REGION, Template, url
from imagebus.testing.s3 import Bucket, Version

#: No account may be reached, whatever the developer's own settings are.
SETTINGS = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}

Handler = Callable[[dict[str, Any], Any], Any]


class World:
    """The stores of one run: those of the template, and the inbox and dead letters of consumer.yml."""

    def __init__(self, template: Template) -> None:
        self._detail_types = template.detail_types
        self.clock = ManualClock()
        self.dynamodb = InMemoryDynamoDB(
            {name: _table(each) for name, each in template.resources("AWS::DynamoDB::Table")}
        )
        buckets = {
            name: Bucket(versioned=each.get("VersioningConfiguration", {}).get("Status") == "Enabled")
            for name, each in template.resources("AWS::S3::Bucket")
        }
        self.s3 = InMemoryS3(buckets, clock=self.clock)
        self.sns = InMemorySNS()
        self.events = InMemoryEventBridge(clock=self.clock)
        self.sqs = InMemorySQS(self.clock)
        for name, _ in template.resources("AWS::SQS::Queue"):
            self.sqs.add_queue(name)
        self.dead_letters = self.sqs.add_queue(DEAD_LETTERS)
        self.inbox = self.sqs.add_queue(
            INBOX, max_receive_count=template.max_receive_count, dead_letter_url=self.dead_letters
        )

    def add_originals(self, bucket: str) -> None:
        """A versioned bucket with the originals of all uploads that the events are about."""
        made = self.s3.buckets.setdefault(bucket, Bucket(versioned=True))
        for key, version_id, revision in originals(self._detail_types):
            body = f"the original of {version_id}".encode()
            made.keys.setdefault(key, []).append(Version(version_id, revision, body, self.clock.now()))

    @property
    def fakes(self) -> dict[str, Any]:
        """By the name that boto3 uses."""
        names = ("dynamodb", "events", "s3", "sns", "sqs")
        return {name: getattr(self, name) for name in names}


class Context:
    """Lambda's context, as far as a consumer of queues reads it."""

    function_name = "consumer"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class InMemoryRunner:
    """`prepare` puts into each new World what the pipeline would have written, such as the original images.

    A handler's module is imported once, so there are no new instances here.
    """

    restarts = False

    def __init__(
        self,
        handle: Handler,
        template: Template,
        prepare: Callable[[World], None],
        clients: Mapping[str, Any],
    ) -> None:
        self._handle, self._template, self._prepare, self._clients = handle, template, prepare, clients
        self._world = World(template)
        self._lacking: NotInMemory | None = None
        self.takes_replays = template.takes_replays

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Every call of a client is answered by the fakes of the current World."""
        environment = {**SETTINGS, **self._template.environment}
        disabled = logging.root.manager.disable
        _forget_clients()
        logging.disable(logging.CRITICAL)
        try:
            with mock.patch.dict(os.environ, environment), answered_by(self._service):
                yield
        finally:
            logging.disable(disabled)
            _forget_clients()

    def _service(self, name: str, operation: str) -> Any:
        fake = self._clients[name] if name in self._clients else self._world.fakes.get(name)
        if not hasattr(fake, operation):
            self._lacking = NotInMemory(
                f"The in-memory AWS has no {name}.{operation}: pass a fake in `clients`."
            )
            raise self._lacking
        return getattr(fake, operation)

    def run(self, sequence: Sequence) -> Outcome:
        left: list[Message] = []
        error = ""
        self._renew()
        for step in sequence:
            if step == EMPTIED:
                left = []
                self._renew()
            else:
                poller = self._poller()
                left += poller.deliver(step)
                error = poller.error or error
        names = {message.body: message.name for step in sequence for message in step}
        return _outcome(self._world, names, left, error)

    def _renew(self) -> None:
        self._world = World(self._template)
        self._prepare(self._world)

    def _poller(self) -> Poller:
        world = self._world
        return Poller(
            world.sqs,
            world.inbox,
            world.sqs.queues[world.inbox].arn,
            self._invoke,
            reports_failures=self._template.reports_failures,
            attempts=self._template.max_receive_count,
        )

    def _invoke(self, event: dict[str, Any]) -> Any:
        try:
            with contextlib.redirect_stdout(StringIO()):
                return self._handle(event, Context())
        except Exception as error:  # as Lambda: whatever it raises, the batch has failed
            raise FunctionError(str(error)) from error
        finally:
            if self._lacking:  # the handler may have caught it
                raise self._lacking


def _forget_clients() -> None:
    aws.client.cache_clear()
    aws.bus.cache_clear()


def _table(properties: Mapping[str, Any]) -> Table:
    indexes = {}
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        for each in properties.get(kind, ()):
            keys = [part["AttributeName"] for part in each["KeySchema"]]
            indexes[each["IndexName"]] = (keys[0], keys[-1])
    keys = [part["AttributeName"] for part in properties["KeySchema"]]
    return Table(keys[0], keys[1] if len(keys) > 1 else None, indexes)


def _outcome(world: World, names: Mapping[str, str], left: list[Message], error: str) -> Outcome:
    facts, sent = _published(world)
    state = [*_stored(world), *facts, *(each for each in sent if each.place != "bus")]
    letters = world.sqs.queues[world.dead_letters].messages
    state += [record(DEAD, names.get(message.body, "a message"), {}) for message in letters]
    error = error or next(filter(None, (reason(message.attributes) for message in letters)), "")
    state += [record(LEFT, message.name, {}) for message in left]
    return Outcome(tuple(state), tuple(sent), error)


def _stored(world: World) -> Iterator[Record]:
    for name, table in world.dynamodb.tables.items():
        for item in table.items():
            yield item_record(f"table {name}", table.key_names, item)
    for name, bucket in world.s3.buckets.items():
        for key, versions in bucket.keys.items():
            content: dict[str, Any] = {
                "tags": {each.version_id: dict(each.tags) for each in versions if each.tags}
            }
            if versions and not versions[-1].is_marker:
                content |= {"body": versions[-1].body, "type": versions[-1].content_type}
            yield record(f"bucket {name}", key, content)


def _published(world: World) -> tuple[list[Record], list[Record]]:
    """What is on the bus, each fact once; and everything that was sent, as often as it was."""
    entries = [entry for call in world.events.calls for entry in call]
    events = [
        event_record(each["Source"], each["DetailType"], json.loads(each["Detail"])) for each in entries
    ]
    sent = [*events]
    for request in world.sns.published:
        about = {name: value for name, value in request.items() if name != "TopicArn"}
        sent.append(record(f"topic {request['TopicArn'].rsplit(':', 1)[1]}", "", about))
    for address, queue in world.sqs.queues.items():
        if address not in (world.inbox, world.dead_letters):
            name = address.removeprefix(url(""))
            sent += [record(f"queue {name}", "", message.body) for message in queue.messages]
    return each_fact_once(events), sent
