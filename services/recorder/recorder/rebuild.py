"""Status items from the log: written anew, or compared with what is there. Both while uploads go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from imagebus.clock import Clock
from imagebus.events import Event, EventData, UnknownEvent
from imagebus.store import EventStore, Image, Item
from recorder.projection import canonical, fold
from recorder.record import Contended, Recorder
from recorder.required import Required

#: Writes that are on their way at once.
PARALLEL = 8
BATCH = 400

#: A recorder that is between its log and its status item needs no longer than this.
SETTLE_SECONDS = 1.0
LOOKS = 4

Rebuilt = Literal["same", "written", "without log", "failed"]


@dataclass(frozen=True)
class Result:
    """`why` says what kept an image from being folded."""

    image_key: str
    rebuilt: Rebuilt
    why: str = ""


@dataclass(frozen=True)
class Difference:
    """A status item that is not the fold of its log, and the attributes in which it differs."""

    image_key: str
    why: str
    attributes: tuple[str, ...] = ()


class _Silence:
    def publish(self, events: Sequence[Event[EventData]]) -> None:
        raise NotImplementedError("nothing is published while rebuilding")


def rebuild_one(store: EventStore, required: Required, clock: Clock, image_key: str) -> Result:
    status = store.status(image_key)
    digest = status.get("log_digest") if status else None
    image = Image(image_key, status, store.latest(image_key))
    return _rebuild(store, required, clock, image, digest)


def rebuild_all(store: EventStore, required: Required, clock: Clock) -> Iterator[Result]:
    """One scan of the table; only what differs from its fold is written."""
    # Before any log is read: whoever folds more than the scan saw changes one of these, and wins.
    digests = store.digests()
    images = store.images()

    def write(image: Image) -> Result:
        return _rebuild(store, required, clock, image, digests.get(image.image_key))

    with ThreadPoolExecutor(PARALLEL) as pool:
        while batch := list(islice(images, BATCH)):
            yield from pool.map(write, batch)


def _rebuild(store: EventStore, required: Required, clock: Clock, image: Image, digest: str | None) -> Result:
    """`digest`: the status item's, as it was before its log was read."""
    key = image.image_key
    if not image.log:
        return Result(key, "without log")
    try:
        item = fold(image.log, required)
        if image.status == item:
            return Result(key, "same")
        if not store.replace_status(item, digest):
            Recorder(store, _Silence(), clock, required).project(key)
    except (UnknownEvent, Contended, KeyError, ValueError) as error:
        return Result(key, "failed", f"{type(error).__name__}: {error}")
    return Result(key, "written")


def verify_all(store: EventStore, required: Required, clock: Clock) -> Iterator[Difference | None]:
    """For every image None, or how its status item differs from its fold."""
    for image in store.images():
        yield _difference(required, image) and verify_one(store, required, clock, image.image_key)


def verify_one(store: EventStore, required: Required, clock: Clock, image_key: str) -> Difference | None:
    """Looks several times: while an image is worked on, log and item are written one after the other."""

    def look() -> Difference | None:
        status = store.status(image_key)
        return _difference(required, Image(image_key, status, store.latest(image_key)))

    return _settled(look, clock)


def _settled(look: Callable[[], Difference | None], clock: Clock) -> Difference | None:
    difference = look()
    for _ in range(LOOKS - 1):
        if difference is None:
            break
        clock.sleep(SETTLE_SECONDS)
        difference = look()
    return difference


def _difference(required: Required, image: Image) -> Difference | None:
    if not image.log:
        return Difference(image.image_key, "a status item without a log") if image.status else None
    if image.status is None:
        return Difference(image.image_key, "a log without a status item")
    try:
        item = fold(image.log, required)
        if canonical(image.status) == canonical(item):
            return None
    except (UnknownEvent, KeyError, TypeError, ValueError) as error:
        return Difference(image.image_key, f"cannot be folded: {type(error).__name__}: {error}")
    return Difference(image.image_key, "not the fold of its log", tuple(_changed(image.status, item)))


def _changed(one: Item, two: Item) -> Iterable[str]:
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


__all__ = ["Difference", "Result", "rebuild_all", "rebuild_one", "verify_all", "verify_one"]
