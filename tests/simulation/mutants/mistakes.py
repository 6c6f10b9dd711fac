# ruff: noqa: E501  a line of the source stays one line here
"""Mistakes with a meaning, which the simulator alone must notice: each once went unnoticed, or could.

`python -m tests.simulation.mutants --mistakes` makes them one at a time.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tests.simulation.mutants.targets import ROOT


@dataclass(frozen=True)
class Mistake:
    """`text` occurs exactly once in the module's source; `instead` replaces it."""

    name: str
    module: str
    path: str
    text: str
    instead: str
    #: the mode that shows it
    mode: str

    def tree(self) -> ast.Module:
        """Raises LookupError if the text has changed: then adapt the mistake."""
        source = (ROOT / self.path).read_text()
        if source.count(self.text) != 1:
            raise LookupError(f"{self.path} does not have this exactly once: {self.text!r}")
        return ast.parse(source.replace(self.text, self.instead))


def _core(name: str, module: str, text: str, instead: str, mode: str = "rough") -> Mistake:
    return Mistake(
        name, f"imagebus.{module}", f"layers/core/imagebus/{module.replace('.', '/')}.py", text, instead, mode
    )


def _service(name: str, module: str, text: str, instead: str, mode: str = "rough") -> Mistake:
    service = module.partition(".")[0]
    return Mistake(name, module, f"services/{service}/{module.replace('.', '/')}.py", text, instead, mode)


MISTAKES = (
    _core(
        "the oldest revision is read",
        "store",
        "            ScanIndexForward=False,\n",
        "            ScanIndexForward=True,\n",
        mode="calm",
    ),
    _service(
        "the notifier ignores erasures",
        "notifier.handler",
        "if erasures.of(event.meta.image_key).covers(event.meta.as_json()):",
        "if False:",
        mode="erasures",
    ),
    _service(
        "the recorder ignores erasures",
        "recorder.record",
        "if any(erasure.covers(event.meta) for event in events):",
        "if False:",
        mode="erasures",
    ),
    _core(
        "alternatives are not split",
        "history.required",
        'any(name in present for name in fact.split("|"))',
        "fact in present",
        mode="calm",
    ),
    _core(
        "rejected wins over completed",
        "history.fold",
        '    if "ImageProcessed" in facts:\n        return "completed", None\n',
        "",
        mode="calm",
    ),
    _core(
        "created when the first event came",
        "history.fold",
        'facts["ImageUploaded"].occurred_at if "ImageUploaded" in facts else first.occurred_at',
        "first.occurred_at",
        mode="skew",
    ),
    _core(
        "created at the last event",
        "history.fold",
        'facts["ImageUploaded"].occurred_at if "ImageUploaded" in facts else first.occurred_at',
        "distinct[-1].occurred_at",
        mode="calm",
    ),
    _core(
        "listed at the last event",
        "history.fold",
        '"listed_at": f"{created_at}#',
        '"listed_at": f"{distinct[-1].occurred_at}#',
        mode="calm",
    ),
    _core(
        "skipped labels hide detected ones",
        "history.fold",
        '    if detected := facts.get("LabelsDetected"):\n        item["labels"] = _data(detected)\n    elif skipped',
        '    if detected := facts.get("LabelsDetected"):\n        item["labels"] = _data(detected)\n    if skipped',
        mode="deployments",
    ),
    _core(
        "any failure fails the image",
        "history.fold",
        'if _blocks(data["stage"], facts, outstanding):',
        "if True:",
    ),
    _core(
        "the first page is the whole log",
        "store",
        '            for item in page["Items"]:\n                yield RecordedEvent',
        '            for item in pages and page["Items"][:1]:\n                yield RecordedEvent',
        mode="calm",
    ),
    _core(
        "the log is read without consistency",
        "store",
        "            ScanIndexForward=False,\n            ConsistentRead=True,\n",
        "            ScanIndexForward=False,\n",
        mode="stale",
    ),
    _core(
        "the status is written unconditionally",
        "store",
        '"ConditionExpression": "log_digest = :expected",\n        "Exp',
        '"ConditionExpression": "attribute_exists(image_key) OR log_digest = :expected",\n        "Exp',
        mode="conflicts",
    ),
    _core(
        "a later duplicate is logged",
        "store",
        "attribute_not_exists(event_id) OR occurred_at > :at OR",
        "attribute_not_exists(event_id) OR occurred_at < :at OR",
    ),
    _core(
        "the first event of an id stays",
        "store",
        "attribute_not_exists(event_id) OR occurred_at > :at OR",
        "attribute_not_exists(event_id) OR",
        mode="skew",
    ),
    _core(
        "the currency is not checked",
        "worker",
        "if keys and not self._objects.is_current(ref):",
        "if False:",
        mode="overwrites",
    ),
    _core(
        "the currency is checked before the write",
        "worker",
        "        keys = self._write(prefix, derivation.outputs, meter)\n",
        "        if derivation.outputs and not self._objects.is_current(ref):\n            return\n        keys = self._write(prefix, derivation.outputs, meter)\n        self._objects.is_current = lambda _ref: True\n",
        mode="overwrites",
    ),
    _core(
        "only the first output is written",
        "worker",
        "for output in outputs:",
        "for output in outputs[:1]:",
        mode="calm",
    ),
    _core(
        "the recipe is not part of the id",
        "worker",
        "            discriminator=derivation.discriminator,\n",
        "",
        mode="calm",
    ),
    _core(
        "a refused entry counts as sent", "bus", 'if "EventId" not in result', "if False", mode="throttling"
    ),
    _core(
        "failed records are not returned",
        "inbox",
        '{"itemIdentifier": delivery.message_id} for delivery in failed',
        '{"itemIdentifier": delivery.message_id} for delivery in failed[:0]',
        mode="rough",
    ),
    _core(
        "sequencers are padded on the left",
        "identity",
        'ljust(REVISION_WIDTH, "0")',
        'rjust(REVISION_WIDTH, "0")',
        mode="calm",
    ),
    _service(
        "announced before all facts are in",
        "recorder.record",
        'item["status"] == "processing" and not item["outstanding"]',
        'item["status"] == "processing" and len(item["outstanding"]) < 2',
        mode="calm",
    ),
    _service(
        "announced on the transition only",
        "recorder.record",
        "        projection = self.project(image_key)\n        if projection is None:",
        "        old = self._store.status(image_key); projection = self.project(image_key); announce &= bool(projection and projection.item != old)\n        if projection is None:",
        mode="deaths",
    ),
    _service(
        "logged before it is published",
        "recorder.record",
        "        self._bus.publish([event])\n",
        "        self._store.append(RecordedEvent.from_event(event)); self._bus.publish([event])\n",
        mode="deaths",
    ),
    _service(
        "a replay announces",
        "recorder.handler",
        "announce=not all(delivery.replayed for delivery in group)",
        "announce=True",
        mode="replays",
    ),
    _service(
        "a sweep does not wait for replays",
        "recorder.sweeper",
        "if stalled and replays.arriving():",
        "if False:",
        mode="replays",
    ),
    _service(
        "there is no ledger",
        "notifier.notify",
        "claim = ledger.claim(event.meta.event_id)",
        'claim = "granted"',
    ),
    _service(
        "marked before it is sent",
        "notifier.notify",
        "        topic.publish(compose(event))\n",
        "        ledger.mark_sent(event.meta.event_id); topic.publish(compose(event))\n",
        mode="deaths",
    ),
    _service(
        "a claim is taken from its holder", "notifier.ledger", "lease_until < :now", "lease_until > :now"
    ),
    _service(
        "the ids of failures vary",
        "failures.report",
        'discriminator=f"{stage}/{cause.event_id}"',
        'discriminator=f"{stage}/{cause.event_id}/{data.attempts}/{clock.now()}"',
    ),
    _service(
        "what is no event is dropped",
        "failures.dead_letter",
        "        quarantine(delivery, stage, str(reason), objects, bucket, clock)\n",
        "        pass\n",
        mode="poison",
    ),
    _service(
        "the cleaner removes the current revision",
        "cleaner.handler",
        "< meta.revision]",
        "<= meta.revision]",
        mode="calm",
    ),
    _service(
        "the cleaner removes nothing",
        "cleaner.handler",
        "objects.delete(bucket, older)",
        "pass",
        mode="overwrites",
    ),
)
