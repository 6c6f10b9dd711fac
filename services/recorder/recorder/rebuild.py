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

#: Status items in one transaction (of at most 4 MB), and transactions that are on their way at once.
TOGETHER = 25
PARALLEL = 4

#: An event that this code does not know yet, or one that broke its contract when there was another.
FOLDING_FAILED = (UnknownEvent, KeyError, TypeError, ValueError)

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
    found = _Found(Image(image_key, status, store.latest(image_key)), digest)
    return next(iter(_rebuild(store, required, clock, [found])))


def rebuild_all(store: EventStore, required: Required, clock: Clock) -> Iterator[Result]:
    """One scan of the table; only what differs from its fold is written."""
    # Before any log is read: whoever folds more than the scan saw changes one of these, and wins.
    digests = store.digests()
    found = (_Found(image, digests.get(image.image_key)) for image in store.images())
    with ThreadPoolExecutor(PARALLEL) as pool:
        while batch := list(islice(found, TOGETHER * PARALLEL)):
            parts = [batch[start : start + TOGETHER] for start in range(0, len(batch), TOGETHER)]
            for results in pool.map(lambda part: _rebuild(store, required, clock, part), parts):
                yield from results


@dataclass(frozen=True)
class _Found:
    """`digest`: the status item's, as it was before the image's log was read."""

    image: Image
    digest: str | None


def _rebuild(store: EventStore, required: Required, clock: Clock, found: Sequence[_Found]) -> list[Result]:
    """Writes together what can be written together; where somebody else was faster, one by one."""
    results: list[Result] = []
    wrong: list[tuple[Item, str | None]] = []
    for each in found:
        key = each.image.image_key
        if not each.image.log:
            results.append(Result(key, "without log"))
            continue
        try:
            item = fold(each.image.log, required)
        except FOLDING_FAILED as error:
            results.append(_failed(key, error))
            continue
        if each.image.status == item:
            results.append(Result(key, "same"))
        else:
            wrong.append((item, each.digest))
    if wrong and store.replace_statuses(wrong):
        return results + [Result(item["image_key"], "written") for item, _ in wrong]
    return results + [_project(store, required, clock, item["image_key"]) for item, _ in wrong]


def _project(store: EventStore, required: Required, clock: Clock, image_key: str) -> Result:
    try:
        Recorder(store, _Silence(), clock, required).project(image_key)
    except (Contended, *FOLDING_FAILED) as error:
        return _failed(image_key, error)
    return Result(image_key, "written")


def _failed(image_key: str, error: Exception) -> Result:
    return Result(image_key, "failed", f"{type(error).__name__}: {error}")


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
    except FOLDING_FAILED as error:
        return Difference(image.image_key, f"cannot be folded: {type(error).__name__}: {error}")
    return Difference(image.image_key, "not the fold of its log", tuple(_changed(image.status, item)))


def _changed(one: Item, two: Item) -> Iterable[str]:
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))


__all__ = ["Difference", "Result", "rebuild_all", "rebuild_one", "verify_all", "verify_one"]
