"""Updates an image's status item from its log. Publishes nothing: only the recorder and the sweeper announce,
and a rebuild must not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imagebus.history.fold import Item, fold
from imagebus.history.labels import label_rows
from imagebus.history.recorded import RecordedEvent, latest_revision
from imagebus.history.required import Required
from imagebus.store import EventStore

ATTEMPTS = 20


class Contended(Exception):
    """Other recorders kept changing the same image. The caller may retry."""


@dataclass(frozen=True)
class Projection:
    """A status item, and the log that it was folded from."""

    item: Item
    log: Sequence[RecordedEvent]
    #: whether this changed the status item: the log had news
    changed: bool


class Projector:
    def __init__(self, store: EventStore, required: Required) -> None:
        self._store = store
        self._required = required

    def project(self, image_key: str, *, repair: bool = False) -> Projection | None:
        """Fold the log, and write the status item if it differs; None if there is no log. Raises Contended.

        The rows of labels follow the item. To `repair` means to look which there are.

        The status is read before the log: whoever appended last also folds last, or makes this write fail.
        """
        written: Item | None = None
        for _ in range(ATTEMPTS):
            stored = self._store.status(image_key)
            events = self._store.latest(image_key)
            if not events:
                if written is None:
                    return None
                self._store.withdraw_status(written)
                written = None  # and look again: if the table was lost, a replay may have begun
                continue
            log = latest_revision(events)
            item = fold(log, self._required)
            expected = stored.get("log_digest") if stored else None
            beside = self._store.label_rows(image_key) if repair else label_rows(stored)
            same = stored == item and beside == label_rows(item)
            if same or self._store.replace_status(item, expected, beside):
                if stored is None and not self._store.latest(image_key):
                    written = item  # erased meanwhile, when there was no status item to delete
                    continue
                return Projection(item, log, changed=stored != item)
        raise Contended(f"{ATTEMPTS} attempts")
