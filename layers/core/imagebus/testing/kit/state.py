"""What a consumer left behind, flat, so that two outcomes can be compared value by value."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import Binary, TypeDeserializer

from imagebus.testing.kit.messages import UNKNOWN_FIELD, UNKNOWN_TEXT

Scalar = str | int | float | bool | None
#: (place, path) of a value that differs although the same was delivered: a time, a generated id.
Noise = frozenset[tuple[str, str]]
#: The path of what an item is named by.
LABEL = "its key"

#: Lines that a report shows of one difference.
SHOWN = 6


@dataclass(frozen=True)
class Record:
    """An item of a table, an object, a message or an event. `values` maps paths to values."""

    place: str
    label: str
    values: Mapping[str, Scalar]


State = tuple[Record, ...]


def record(place: str, label: str, content: Any) -> Record:
    """`content` is JSON-like; text and bytes inside it that are JSON are read as JSON."""
    return Record(place, label, dict(_flat("", content)))


def item_record(place: str, key: Collection[str], item: Mapping[str, Any]) -> Record:
    """A DynamoDB item, named by its key."""
    read = {name: TypeDeserializer().deserialize(value) for name, value in item.items()}
    return record(place, " / ".join(str(read[name]) for name in key), read)


def event_record(source: str, detail_type: str, detail: Mapping[str, Any]) -> Record:
    """A published event, named by its fact."""
    meta = detail.get("meta")
    name = str(meta.get("event_id", "")) if isinstance(meta, Mapping) else ""
    return record("bus", name, {"source": source, "detail-type": detail_type, "detail": detail})


def each_fact_once(events: list[Record]) -> list[Record]:
    """Of events with the same id, the first: whoever receives it twice knows that it is the same fact."""
    named = {each.label: each for each in reversed(events) if each.label}
    return [*reversed(named.values()), *(each for each in events if not each.label)]


def noise_between(first: State, second: State) -> Noise:
    """Values that differ between two outcomes of the same deliveries. What comes and goes is not noise."""
    found = set()
    for place in {each.place for each in (*first, *second)}:
        for path in _paths(place, first) | _paths(place, second):
            one, other = _spread(place, path, first), _spread(place, path, second)
            if one != other and one.total() == other.total():
                found.add((place, path))
    return frozenset(found)


def differences(expected: State, found: State, noise: Noise = frozenset()) -> list[str]:
    """Lines about what differs; none if the outcomes are the same."""
    left, right = (Counter(_masked(state, noise)) for state in (expected, found))
    missing, more = list((left - right).elements()), list((right - left).elements())
    lines = []
    for one in missing:
        other = next((each for each in more if each[:2] == one[:2]), None)
        if other is None:
            lines.append(f"{_name(one)} is missing")
            continue
        more.remove(other)
        before, after = dict(one[2]), dict(other[2])
        lines += [
            f"{_name(one)}: {path or 'content'} is {_shown(after, path)} instead of {_shown(before, path)}"
            for path in sorted(before.keys() | after.keys())
            if before.get(path, KeyError) != after.get(path, KeyError)
        ]
    return lines + [f"{_name(one)} is there in addition" for one in more]


def shortened(lines: list[str]) -> list[str]:
    return lines if len(lines) <= SHOWN else [*lines[: SHOWN - 1], f"and {len(lines) - SHOWN + 1} more"]


def without_unknown_field(state: State) -> State:
    """The state as if the added field had not been there; a consumer may keep whole events."""
    return tuple(
        Record(
            each.place,
            each.label,
            {
                path: value
                for path, value in each.values.items()
                if UNKNOWN_FIELD not in path and value != UNKNOWN_TEXT
            },
        )
        for each in state
    )


def elsewhere(state: State, places: Collection[str]) -> State:
    """The records that are not in these places."""
    return tuple(each for each in state if each.place not in places)


def _flat(path: str, value: Any) -> Iterator[tuple[str, Scalar]]:
    if isinstance(value, Binary):
        value = vars(value)["value"]  # which its stub does not have
    if isinstance(value, bytes | bytearray):
        value = _text(bytes(value))
    if isinstance(value, str):
        value = _read(value)
    if isinstance(value, Mapping) and value:
        for name, each in value.items():
            yield from _flat(f"{path}.{name}" if path else str(name), each)
    elif isinstance(value, list | tuple) and value:
        for at, each in enumerate(value):
            yield from _flat(f"{path}[{at}]", each)
    elif isinstance(value, set | frozenset):
        yield from _flat(path, sorted(map(str, value)))
    else:
        yield path, value if isinstance(value, str | int | float | bool | None) else str(value)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return f"{len(body)} bytes, SHA-256 {hashlib.sha256(body).hexdigest()[:16]}"


def _read(text: str) -> Any:
    """An object or a list where the text is JSON, else the text; JSON lines are a list."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in text.splitlines()]
    except ValueError:
        return text


def _of(place: str, state: State) -> Iterable[Record]:
    return (each for each in state if each.place == place)


def _paths(place: str, state: State) -> set[str]:
    return {LABEL}.union(*(each.values for each in _of(place, state)))


def _spread(place: str, path: str, state: State) -> Counter[Any]:
    values = (
        each.label if path == LABEL else each.values[path]
        for each in _of(place, state)
        if path == LABEL or path in each.values
    )
    return Counter((type(value).__name__, value) for value in values)


_Masked = tuple[str, str, tuple[tuple[str, Scalar], ...]]


def _masked(state: State, noise: Noise) -> Iterator[_Masked]:
    for each in state:
        label = "" if (each.place, LABEL) in noise else each.label
        values = (pair for pair in sorted(each.values.items()) if (each.place, pair[0]) not in noise)
        yield each.place, label, tuple(values)


def _name(masked: _Masked) -> str:
    return f"{masked[0]}, {masked[1]!r}" if masked[1] else f"{masked[0]}, a record"


def _shown(values: Mapping[str, Scalar], path: str) -> str:
    if path not in values:
        return "absent"
    text = repr(values[path])
    return text if len(text) <= 80 else f"{text[:77]}…"
