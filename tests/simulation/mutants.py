# ruff: noqa: E501  a line of the source stays one line here
"""Plausible one-line mistakes that the simulator must find."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType


@dataclass(frozen=True)
class Mutant:
    """`line` occurs exactly once in the source of `module`; `instead` replaces it before compilation."""

    module: str
    line: str
    instead: str


MUTANTS: dict[str, Mutant] = {
    "re-emit removed: announced on the transition only": Mutant(
        "recorder.record",
        "        projection = self.project(image_key)\n        if projection",
        "        old = self._store.status(image_key); projection = self.project(image_key); announce &= projection is not None and projection.item != old\n"
        "        if projection",
    ),
    "logged before it is published": Mutant(
        "recorder.record",
        "        self._bus.publish([event])\n",
        "        self._store.append(RecordedEvent.from_event(event)); self._bus.publish([event])\n",
    ),
    "announced while replaying": Mutant(
        "recorder.handler", "announce=not all(delivery.replayed for delivery in group)", "announce=True"
    ),
    "ledger removed": Mutant(
        "notifier.notify", "    claim = ledger.claim(event.meta.event_id)", '    claim = "granted"'
    ),
    "marked before it is told": Mutant(
        "notifier.notify",
        "        topic.publish(compose(event))\n",
        "        ledger.mark_sent(event.meta.event_id); topic.publish(compose(event))\n",
    ),
    "revision guard removed: the oldest revision is read": Mutant(
        "imagebus.store", "            ScanIndexForward=False,", "            ScanIndexForward=True,"
    ),
    "currency check of the worker removed": Mutant(
        "imagebus.worker", "if keys and not self._objects.is_current(ref):", "if False:"
    ),
    "conditional write of the status removed": Mutant(
        "imagebus.store",
        '        "ConditionExpression": "log_digest = :expected",',
        '        "ConditionExpression": "attribute_exists(image_key) OR log_digest = :expected",',
    ),
    "first come, first logged": Mutant(
        "imagebus.store",
        'FIRST_WINS = "attribute_not_exists(event_id) OR occurred_at > :at OR (occurred_at = :at AND #event > :event)"',
        'FIRST_WINS = "attribute_not_exists(event_id) OR (occurred_at = :at AND #event > :event)"',
    ),
    "sequencer without padding": Mutant(
        "imagebus.identity",
        '    return sequencer.upper().ljust(REVISION_WIDTH, "0")',
        '    return sequencer.upper().rjust(REVISION_WIDTH, "0")',
    ),
    "FailedEntryCount ignored": Mutant("imagebus.bus", 'if "EventId" not in result', "if False"),
    "partial batch failures not reported": Mutant(
        "imagebus.inbox",
        '        return {"batchItemFailures": [{"itemIdentifier": delivery.message_id} for delivery in failed]}',
        '        return {"batchItemFailures": []}',
    ),
    "a replay is a stall": Mutant(
        "recorder.sweeper", "        if stalled and replays.arriving():", "        if False:"
    ),
    "dead letters that are no event are dropped": Mutant(
        "failures.dead_letter",
        "        quarantine(delivery, stage, str(reason), objects, bucket, clock)\n",
        "        pass\n",
    ),
}


def install(name: str) -> None:
    """Call before the module is imported: the import then gives the mutant. Raises LookupError if the line is gone."""
    mutant = MUTANTS[name]
    if mutant.module in sys.modules:
        raise LookupError(f"{mutant.module} is imported already")
    sys.meta_path.insert(0, _Finder(mutant))


class _Finder(MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._mutant.module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            raise LookupError(fullname)
        spec.loader = _Loader(fullname, spec.origin, self._mutant)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, mutant: Mutant) -> None:
        super().__init__(fullname, path)
        self._mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode()
        if source.count(self._mutant.line) != 1:
            raise LookupError(f"{fullname} does not have this line exactly once: {self._mutant.line!r}")
        return compile(source.replace(self._mutant.line, self._mutant.instead), self.path, "exec")
