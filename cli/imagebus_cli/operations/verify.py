"""Compare status items with the fold of their logs. The recorder may keep running."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from imagebus.clock import Clock
from imagebus.history.fold import Item, canonical, fold
from imagebus.history.recorded import UNREADABLE
from imagebus.history.required import Required
from imagebus.store import EventStore
from imagebus_cli.operations.table import ScannedImage, described

#: No recorder takes longer than this between writing the log and the status item.
SETTLE_SECONDS = 1.0
LOOKS = 4


@dataclass(frozen=True)
class Difference:
    """A status item that is not the fold of its log, and the attributes in which it differs.

    `status` says from what to what the status would change, if it would; `advice`, which command fixes it.
    """

    image_key: str
    why: str
    attributes: tuple[str, ...] = ()
    status: str = ""
    advice: str = ""


#: Looks at one image for more than its fold.
Check = Callable[[ScannedImage], Difference | None]


def verify_all(
    images: Iterable[ScannedImage],
    store: EventStore,
    required: Required,
    clock: Clock,
    checks: Sequence[Check] = (),
) -> Iterator[Difference | None]:
    """For every image: None, or what a check finds, or how its status item differs from its fold."""
    for image in images:
        found = next((found for check in checks if (found := check(image))), None)
        if found is None and _difference(required, image):
            found = verify_one(store, required, clock, image.image_key)
        yield found


def verify_one(store: EventStore, required: Required, clock: Clock, image_key: str) -> Difference | None:
    """Checks several times: while an image is processed, its item is written a moment after its log."""

    def look() -> Difference | None:
        try:
            status = store.status(image_key)
            image = ScannedImage(image_key, status, store.latest(image_key))
        except UNREADABLE as error:
            image = ScannedImage(image_key, None, (), error=described(error))
        return _difference(required, image)

    difference = look()
    for _ in range(LOOKS - 1):
        if difference is None:
            break
        clock.sleep(SETTLE_SECONDS)
        difference = look()
    return difference


def _difference(required: Required, image: ScannedImage) -> Difference | None:
    if image.error:
        return Difference(image.image_key, f"cannot be read: {image.error}", advice=advice("erase", image))
    if not image.log or image.status is None:
        return _half(image)
    try:
        item = fold(image.log, required)
        if canonical(image.status) == canonical(item):
            return None
    except UNREADABLE as error:
        return Difference(image.image_key, f"cannot be folded: {described(error)}")
    changed = tuple(_changed(image.status, item))
    status = f"{image.status.get('status')} -> {item['status']}" if "status" in changed else ""
    return Difference(image.image_key, "not the fold of its log", changed, status, advice("rebuild", image))


def _half(image: ScannedImage) -> Difference | None:
    if image.log:
        return Difference(image.image_key, "a log without a status item", advice=advice("rebuild", image))
    if image.status is None:
        return None
    return Difference(image.image_key, "a status item without a log", advice=advice("erase", image))


def advice(command: str, image: ScannedImage) -> str:
    key = shlex.quote(image.image_key)
    return f"imagebus rebuild --key {key}" if command == "rebuild" else f"imagebus {command} {key}"


def _changed(one: Item, two: Item) -> Iterable[str]:
    return sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))
