"""Days of deliveries in seconds: the real fan-out, sender and sweeper on a virtual clock, with seeded faults.

Ten senders run at the same time, as tasks that the scheduler switches between when one waits for an endpoint.
Functions die between POST and record, calls of AWS fail, the queue delivers twice and in any order.
"""

from __future__ import annotations

import base64
import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any

import greenlet  # type: ignore[import-untyped]
from botocore.exceptions import ClientError
from standardwebhooks import Webhook
from webhooks.event import Announcement, announcement
from webhooks.model import Outcome, Subscription
from webhooks.queue import Due
from webhooks.sender import Sender
from webhooks.store import Busy
from webhooks.sweeper import sweep
from worlds import World

from imagebus.telemetry import logger
from imagebus.testing import InMemorySQS
from imagebus.testing.errors import client_error

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SENDERS = 10
TIMEOUT = 15
DAY = 86_400.0


# Twenty thousand log lines take longer than what they are about.
logger().setLevel("WARNING")


class Crash(BaseException):
    """The function dies: no `except Exception` sees it."""


#: What ends a function here. Anything else is a bug, and ends the test.
FAULTS = (Crash, ClientError, Busy)


class Scheduler:
    """A clock, and tasks that sleep on it."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._heap: list[tuple[float, int, Callable[[], Any]]] = []
        self._order = count()
        self._hub = greenlet.getcurrent()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def at(self, seconds: float, work: Callable[[], Any]) -> None:
        heapq.heappush(self._heap, (seconds, next(self._order), work))

    def spawn(self, work: Callable[[], None]) -> None:
        self.at(self.seconds, lambda: greenlet.greenlet(work, self._hub).switch())

    def sleep(self, seconds: float) -> None:
        self.at(self.seconds + seconds, greenlet.getcurrent().switch)
        self._hub.switch()

    def run(self, until: float) -> None:
        while self._heap and self._heap[0][0] <= until:
            self.seconds, _, work = heapq.heappop(self._heap)
            work()
        self.seconds = until

    # What else a clock of the library has; nothing here asks for it.
    def monotonic(self) -> float:
        return self.seconds

    def cpu_seconds(self) -> float:
        return 0.0


#: seconds since the start, webhook id, how often it was posted -> status or error, and seconds that it takes
Endpoint = Callable[[float, str, int], tuple[int | str, float]]


class Simulation:
    def __init__(self, seed: int, endpoints: Mapping[str, Endpoint], *, faults: bool = True) -> None:
        self.random = Random(seed)
        self.scheduler = Scheduler()
        self.faults = faults
        self.world = World(self.scheduler)
        self.world.sqs._random = self.random
        self.endpoints = dict(endpoints)
        self.secrets = {name: self.world.subscribe(name) for name in endpoints}
        #: (subscription, webhook id) -> bodies posted, and those that the endpoint accepted
        self.posted: dict[tuple[str, str], list[bytes]] = defaultdict(list)
        self.accepted: Counter[tuple[str, str]] = Counter()
        self.first_accepted: dict[tuple[str, str], float] = {}
        self.last_post: dict[str, float] = {}
        self.published: dict[str, float] = {}
        self.crashes = 0
        self.announced: list[Announcement] = []
        self._idle = SENDERS
        self._watch_queue()
        if faults:
            self._break_aws()

    # --- what happens ---

    def events(self, number: int, over: float) -> None:
        """Events at random times in the next `over` seconds. One in ten arrives twice."""
        for index in range(number):
            at = self.scheduler.seconds + self.random.random() * over
            for again in range(1 + (self.random.random() < 0.1)):
                self.scheduler.at(at + again * self.random.random() * 60, partial(self._publish, index))

    def _publish(self, index: int) -> None:
        event_id = f"{index:08x}-0000-5000-8000-000000000000"
        self.published.setdefault(event_id, self.scheduler.seconds)
        try:
            self.world.publish(event_id=event_id)
        except FAULTS:  # the inbox delivers it again
            self.scheduler.at(self.scheduler.seconds + 30, lambda: self._publish(index))

    def sweeps(self, every: float, until: float) -> None:
        at = self.scheduler.seconds + every
        while at < until:
            self.scheduler.at(at, self._sweep)
            at += every

    def _sweep(self) -> None:
        try:
            sweep(self.world.store, self.world.queue, self._announce, self.scheduler, lambda: 50_000)
        except FAULTS:
            self.crashes += 1  # the next sweep is a minute later

    def _announce(self, subscription: Subscription) -> None:
        self.announced.append(announcement(subscription, "stack", self.scheduler))
        self._maybe_die()

    def _watch_queue(self) -> None:
        send = self.world.sqs.send_message

        def send_message(**request: Any) -> dict[str, Any]:
            assert request.pop("MessageGroupId") == json.loads(request["MessageBody"])["subscription"]
            self._maybe_die()
            for _ in range(1 + (self.faults and self.random.random() < 0.02)):
                answer = send(**request)
                self._wake()
            return answer

        self.world.sqs.send_message = send_message  # type: ignore[method-assign]

    def _wake(self) -> None:
        if self._idle:
            self._idle -= 1
            self.scheduler.spawn(self._work)

    def _work(self) -> None:
        """One sender, until the queue is empty."""
        sqs: InMemorySQS = self.world.sqs
        sender = Sender(
            self.world.store,
            self.world.keys,
            self._post,
            self.scheduler,
            random=self.random.random,
        )
        while found := sqs.receive_message(QueueUrl=self.world.url).get("Messages"):
            (message,) = found
            try:
                sender.send(Due.read(message["Body"]))
            except FAULTS:
                self.scheduler.at(self.scheduler.seconds + 181, self._wake)
            else:
                sqs.delete_message(QueueUrl=self.world.url, ReceiptHandle=message["ReceiptHandle"])
        self._idle += 1

    # --- endpoints ---

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        name, webhook_id = url.removeprefix("https://").partition(".")[0], headers["webhook-id"]
        self._verify(name, body, headers)
        self.posted[name, webhook_id].append(body)
        self.last_post[name] = self.scheduler.seconds
        said, seconds = self.endpoints[name](
            self.scheduler.seconds, webhook_id, len(self.posted[name, webhook_id])
        )
        self.scheduler.sleep(min(seconds, TIMEOUT))
        late = seconds > TIMEOUT
        status = said if isinstance(said, int) else None
        if status is not None and 200 <= status < 300:
            # Also of what is answered too late: the endpoint has it, and the sender does not know.
            self.accepted[name, webhook_id] += 1
            self.first_accepted.setdefault((name, webhook_id), self.scheduler.seconds)
        self._maybe_die()
        if late:
            return Outcome(None, TIMEOUT * 1000, "timeout")
        wait = 120 if status == 429 else 0
        return Outcome(status, round(seconds * 1000), "" if status else str(said), wait=wait)

    def _verify(self, name: str, body: bytes, headers: Mapping[str, str]) -> None:
        """The library's own check, which looks at the machine's clock, would refuse virtual time."""
        sent_at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        signature = Webhook(self.secrets[name]).sign(headers["webhook-id"], sent_at, body.decode())
        assert headers["webhook-signature"].split(" ") == [signature]
        assert len(base64.b64decode(signature.removeprefix("v1,"))) == 32

    # --- faults ---

    def _maybe_die(self) -> None:
        if self.faults and self.random.random() < 0.01:
            self.crashes += 1
            raise Crash

    def _break_aws(self) -> None:
        """A call in 300 is refused, and a put in 300 was done although its answer is an error."""
        put, get = self.world.dynamodb.put_item, self.world.dynamodb.get_item

        def put_item(**request: Any) -> dict[str, Any]:
            luck = self.random.random() if self.faults else 1.0
            if luck < 1 / 300:
                raise client_error("ThrottlingException", "PutItem")
            answer = put(**request)
            if luck < 2 / 300:
                raise client_error("InternalServerError", "PutItem", 500)
            return answer

        def get_item(**request: Any) -> dict[str, Any]:
            if self.faults and self.random.random() < 1 / 300:
                raise client_error("ThrottlingException", "GetItem")
            return get(**request)

        self.world.dynamodb.put_item = put_item  # type: ignore[method-assign]
        self.world.dynamodb.get_item = get_item  # type: ignore[method-assign]
