"""Compare status items with the fold of their logs. The recorder may keep running."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from imagebus.clock import Clock
from imagebus.history.fold import Item, canonical, fold
from imagebus.history.labels import label_rows
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
    settling: Sequence[Check] = (),
) -> Iterator[Difference | None]:
    """For every image: None, or what a check finds, or how its status item differs from its fold.

    What may be about to settle by itself is looked at again, for all images together, before it is reported:
    while an image is processed, its item is written a moment after its log, and S3's event may be on its way.
    """

    def look(image: ScannedImage) -> Difference | None:
        return _first(settling, image) or _difference(required, image)

    suspects: dict[str, Difference] = {}
    for image in images:
        if found := _first(checks, image):
            yield found
        elif found := look(image):
            suspects[image.image_key] = found
        else:
            yield None
    for _ in range(LOOKS - 1):
        if suspects:
            clock.sleep(SETTLE_SECONDS)
        for key in list(suspects):
            if found := look(_read(store, key)):
                suspects[key] = found
            else:
                del suspects[key]
                yield None
    yield from suspects.values()


def _first(checks: Sequence[Check], image: ScannedImage) -> Difference | None:
    return next((found for check in checks if (found := check(image))), None)


def _read(store: EventStore, image_key: str) -> ScannedImage:
    try:
        status = store.status(image_key)
        log, labels = store.latest(image_key), store.label_rows(image_key)
        return ScannedImage(image_key, status, log, labels=labels)
    except UNREADABLE as error:
        return ScannedImage(image_key, None, (), error=described(error))


def _difference(required: Required, image: ScannedImage) -> Difference | None:
    if image.error:
        return Difference(image.image_key, f"cannot be read: {image.error}", advice=advice("erase", image))
    if not image.log or image.status is None:
        return _half(image)
    try:
        item = fold(image.log, required)
        if canonical(image.status) == canonical(item):
            if image.labels == label_rows(item):
                return None
            why = "cannot be found by its labels, or by others"
            return Difference(image.image_key, why, ("labels",), advice=advice("rebuild", image))
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
