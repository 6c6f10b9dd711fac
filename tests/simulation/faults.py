"""Faults of a call to AWS: before it, after it, and in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from imagebus.testing.errors import client_error
from tests.simulation.coverage import Call
from tests.simulation.scheduler import Killed, Scheduler
from tests.simulation.weather import Weather

#: Calls that change nothing; all others are side effects.
READS = frozenset(
    {
        "get_object",
        "head_object",
        "list_objects_v2",
        "get_item",
        "get_queue_attributes",
        "query",
        "scan",
        "list_replays",
    }
)

CONFLICTING = frozenset({"put_item", "delete_item", "update_item", "transact_write_items"})


@dataclass(frozen=True)
class Death:
    """A function dies before or after its n-th side effect, counted from 0."""

    function: str
    number: int
    when: str


@dataclass
class Faults:
    """Decides for each call, from the seed's randomness; `deaths` are added to that."""

    scheduler: Scheduler
    random: Random
    weather: Weather
    deaths: frozenset[Death] = frozenset()
    #: The number of side effects of each function so far.
    side_effects: Counter[str] = field(default_factory=Counter)
    #: Set at the end of the faulty phase: from then on everything works.
    over: bool = False

    def latency(self) -> float:
        if self.chance(self.weather.hang):
            return self.random.uniform(5, 25)
        if self.weather.slow and self.random.random() < self.weather.slow:
            return self.random.uniform(0.5, 4)
        return self.random.uniform(0.001, 0.02)

    def stop(self) -> None:
        self.over = True

    def chance(self, rate: float) -> bool:
        return rate > 0 and not self.over and self.random.random() < rate


class Client:
    """A function's client: the same calls, with latency and faults.

    Every fault is passed to `hurt`, and every call that AWS answered to `seen`.
    """

    def __init__(
        self,
        function: str,
        real: Any,
        faults: Faults,
        hurt: Callable[[str, str, dict[str, Any]], None],
        seen: Callable[[Call], None],
    ) -> None:
        self._function = function
        self._real = real
        self._faults = faults
        self._hurt = hurt
        self._seen = seen

    @property
    def exceptions(self) -> Any:
        return self._real.exceptions

    def get_paginator(self, operation: str) -> Any:
        return _Paginator(self, operation)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            return self._call(operation, request)

        return call

    def _call(self, operation: str, request: dict[str, Any]) -> Any:
        faults = self._faults
        faults.scheduler.pause(faults.latency())
        number = None
        if operation not in READS:
            number = faults.side_effects[self._function]
            faults.side_effects[self._function] += 1
        self._perhaps_die("before", operation, request, number)
        if faults.chance(faults.weather.throttle):
            self._hurt("throttled", operation, request)
            raise client_error("ThrottlingException", operation)
        if operation in CONFLICTING and faults.chance(faults.weather.conflict):
            self._hurt("throttled", operation, request)
            raise client_error("TransactionConflictException", operation)
        answer = self._answer(operation, request)
        self._perhaps_die("after", operation, request, number)
        if number is not None and faults.chance(faults.weather.lost_answer):
            self._hurt("lost answer", operation, request)
            if not faults.weather.sdk_retries:
                raise ReadTimeoutError(endpoint_url="memory://")
            faults.scheduler.pause(1)
            return self._answer(operation, request)
        return answer

    def _answer(self, operation: str, request: dict[str, Any]) -> Any:
        before = None
        if operation == "put_item":
            before = self._real.tables[request["TableName"]].get(request["Item"])
        try:
            answer = getattr(self._real, operation)(**request)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            self._seen(Call(self._function, operation, request, code, before=before))
            raise
        self._seen(Call(self._function, operation, request, "", answer, before))
        return answer

    def _perhaps_die(self, when: str, operation: str, request: dict[str, Any], number: int | None) -> None:
        faults = self._faults
        if faults.chance(faults.weather.crash) or (
            number is not None and faults.deaths and Death(self._function, number, when) in faults.deaths
        ):
            self._hurt(when, operation, request)
            raise Killed(f"{when} {operation}")


class _Paginator:
    def __init__(self, client: Client, operation: str) -> None:
        self._client = client
        self._operation = operation

    def paginate(self, **request: Any) -> Iterator[Any]:
        request.pop("PaginationConfig", None)
        call = getattr(self._client, self._operation)
        while True:
            page = call(**request)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
