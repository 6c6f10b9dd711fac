"""Look back: an image as it was known at a moment, and what changed between two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from shlex import quote
from typing import Any

from imagebus.clock import timestamp
from imagebus.history import view
from imagebus.history.fold import Item, fold
from imagebus.history.recorded import RecordedEvent
from imagebus_cli.images.lookup import active, without_log
from imagebus_cli.operations.retry import required
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack


@dataclass(frozen=True)
class Change:
    """A field of the view, by its path; None where it is absent."""

    field: str
    before: Any
    after: Any


def known(stack: Stack, key: str, at: datetime) -> Item:
    """The status item as it was at that moment. Raises Problem if nothing was known."""
    item = _known(stack, key, at)
    if item is None:
        if not stack.store.latest(key):
            raise without_log(stack, key)
        raise Problem(
            f"Nothing was known about {key!r} at {timestamp(at)}.",
            f"Its first event is later. See: imagebus events {quote(key)} --all",
            exit_code=1,
        )
    return item


def diff(stack: Stack, key: str, before: datetime, after: datetime) -> list[Change]:
    """What changed in the view of the image. Raises Problem if nothing was known even at the later moment."""
    if before > after:
        raise Problem("--at is after --to.", "Note that times without a zone are UTC.", exit_code=2)
    later = known(stack, key, after)
    earlier = _known(stack, key, before)
    old = view.details(earlier, active(stack, before)).as_json() if earlier else {}
    return list(changes(old, view.details(later, active(stack, after)).as_json()))


def revisions(stack: Stack, key: str) -> list[Sequence[RecordedEvent]]:
    """The events of every revision, oldest revision first. Raises Problem if there are none."""
    found: dict[str, list[RecordedEvent]] = {}
    for event in stack.store.history(key):
        found.setdefault(event.revision, []).append(event)
    if not found:
        raise without_log(stack, key)
    return [found[revision] for revision in sorted(found)]


def changes(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = "") -> Iterator[Change]:
    """Objects are compared field by field; lists and other values as a whole."""
    for name in sorted(before.keys() | after.keys()):
        one, two = before.get(name), after.get(name)
        if one == two:
            continue
        if isinstance(one or two, Mapping) and isinstance(two or one, Mapping):
            yield from changes(one or {}, two or {}, f"{prefix}{name}.")
        else:
            yield Change(prefix + name, one, two)


def _known(stack: Stack, key: str, at: datetime) -> Item | None:
    events = stack.store.known_at(key, timestamp(at))
    return fold(events, required(stack)) if events else None
