"""The edge: the one rule for what a message may hold, before any of it is handled.

What passes can be logged, published inside a failure, and read back. Everything else ends in quarantine, with
a code at the beginning of the reason.
"""

from __future__ import annotations

import json
import re
from typing import Any

from imagebus.events import NotAnEvent

#: EventBridge's events had this limit for years; the log's items have 400 KB.
MAX_BYTES = 256 * 1024
#: Levels of lists and objects. A failure carries an event whole, some levels down.
MAX_DEPTH = 64
MAX_DEPTH_OF_A_FAILURE = MAX_DEPTH + 4
#: DynamoDB's numbers.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
MAX_DIGITS = 38
TOO_LARGE, SMALLEST = 1e126, 1e-130

_SURROGATE = re.compile("[\ud800-\udfff]")


def parse(body: str) -> dict[str, Any]:
    """The EventBridge event in a message. Raises NotAnEvent."""
    if len(body) > MAX_BYTES or len(body.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise NotAnEvent(f"too_large: more than {MAX_BYTES} bytes")
    try:
        envelope = json.loads(body, parse_constant=_constant, parse_int=_int, parse_float=_float)
    except RecursionError:
        raise NotAnEvent(f"too_deep: more than {MAX_DEPTH} levels") from None
    except ValueError as error:
        raise NotAnEvent(f"not_json: {error}") from error
    if not isinstance(envelope, dict) or not isinstance(envelope.get("detail"), dict):
        raise NotAnEvent("no_event: the message has no detail")
    if not isinstance(envelope.get("detail-type"), str) or not isinstance(envelope.get("source"), str):
        raise NotAnEvent("no_event: the message has no detail-type or source")
    failure = envelope["detail-type"] == "ProcessingFailed"
    _check(envelope, MAX_DEPTH_OF_A_FAILURE if failure else MAX_DEPTH)
    return envelope


def _check(envelope: dict[str, Any], deepest: int) -> None:
    """Depth and text, level by level: recursion has a limit of its own."""
    level: list[Any] = [envelope]
    for _ in range(deepest):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += [*value.keys(), *value.values()]
            elif isinstance(value, list):
                inner += value
            elif isinstance(value, str) and _SURROGATE.search(value):
                raise NotAnEvent("lone_surrogate: half a surrogate pair, which no event can carry")
        if not inner:
            return
        level = inner
    if any(isinstance(value, dict | list) or _is_broken(value) for value in level):
        raise NotAnEvent(f"too_deep: more than {deepest} levels")


def _is_broken(value: Any) -> bool:
    return isinstance(value, str) and _SURROGATE.search(value) is not None


def _constant(text: str) -> Any:
    """Python reads NaN and Infinity, but they are not valid JSON."""
    raise NotAnEvent(f"number_out_of_range: {text}")


def _int(text: str) -> int:
    if len(text.lstrip("-")) > MAX_DIGITS:
        raise NotAnEvent(f"number_out_of_range: more than {MAX_DIGITS} digits")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if number and not SMALLEST <= abs(number) < TOO_LARGE:
        raise NotAnEvent("number_out_of_range: no number of DynamoDB")
    return number
