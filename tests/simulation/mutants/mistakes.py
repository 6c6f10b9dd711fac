# ruff: noqa: E501  a line of the source stays one line here
"""Mistakes with a meaning, which the simulator alone must notice: each once went unnoticed, or could.

`python -m tests.simulation.mutants --mistakes` makes them one at a time.
"""

from __future__ import annotations

from tests.simulation.mutants.mistake import Mistake, core, service
from tests.simulation.mutants.recipes import RECIPES

MISTAKES: tuple[Mistake, ...] = (
    core(
        "the oldest revision is read",
        "store",
        "            ScanIndexForward=False,\n",
        "            ScanIndexForward=True,\n",
        mode="calm",
    ),
    core(
        "an image is still found by what it was",
        "store",
        'return puts + [{"Delete": table | {"Key": marshal_item(key)}} for key in keys]',
        "return puts",
    ),
    core(
        "an image is not found by its labels",
        "projector",
        "else label_rows(stored)",
        "else label_rows(item)",
        mode="calm",
    ),
    service(
        "the notifier ignores erasures",
        "notifier.handler",
        "if erasures.of(event.meta.image_key).covers(event.meta.as_json()):",
        "if False:",
        mode="erasures",
    ),
    service(
        "the recorder ignores erasures",
        "recorder.record",
        "if any(map(erasure.covers, written)):",
        "if False:",
        mode="erasures",
    ),
    core(
        "alternatives are not split",
        "history.required",
        'any(name in present for name in fact.split("|"))',
        "fact in present",
        mode="calm",
    ),
    core(
        "rejected wins over completed",
        "history.fold",
        '    if "ImageProcessed" in facts:\n        return "completed", None\n',
        "",
        mode="calm",
    ),
    core(
        "created when the first event came",
        "history.fold",
        'facts["ImageUploaded"].occurred_at if "ImageUploaded" in facts else first.occurred_at',
        "first.occurred_at",
        mode="skew",
    ),
    core(
        "created at the last event",
        "history.fold",
        'facts["ImageUploaded"].occurred_at if "ImageUploaded" in facts else first.occurred_at',
        "distinct[-1].occurred_at",
        mode="calm",
    ),
    core(
        "listed at the last event",
        "history.fold",
        '"listed_at": f"{created_at}#',
        '"listed_at": f"{distinct[-1].occurred_at}#',
        mode="calm",
    ),
    core(
        "skipped labels hide detected ones",
        "history.fold",
        '    if detected := facts.get("LabelsDetected"):\n        item["labels"] = _data(detected)\n    elif skipped',
        '    if detected := facts.get("LabelsDetected"):\n        item["labels"] = _data(detected)\n    if skipped',
        mode="deployments",
    ),
    core(
        "any failure fails the image",
        "history.fold",
        'if not is_of_backfill(data) and _blocks(data["stage"], facts, outstanding):',
        "if True:",
    ),
    core(
        "the first page is the whole log",
        "store",
        '            for item in page["Items"]:\n                yield RecordedEvent',
        '            for item in pages and page["Items"][:1]:\n                yield RecordedEvent',
        mode="calm",
    ),
    core(
        "the log is read without consistency",
        "store",
        "            ScanIndexForward=False,\n            ConsistentRead=True,\n",
        "            ScanIndexForward=False,\n",
        mode="stale",
    ),
    core(
        "the status is written unconditionally",
        "store",
        '"ConditionExpression": "log_digest = :expected",\n        "Exp',
        '"ConditionExpression": "attribute_exists(image_key) OR log_digest = :expected",\n        "Exp',
        mode="conflicts",
    ),
    core(
        "a later duplicate is logged",
        "store",
        "attribute_not_exists(event_id) OR occurred_at > :at OR",
        "attribute_not_exists(event_id) OR occurred_at < :at OR",
    ),
    core(
        "the first event of an id stays",
        "store",
        "attribute_not_exists(event_id) OR occurred_at > :at OR",
        "attribute_not_exists(event_id) OR",
        mode="skew",
    ),
    core(
        "the currency is not checked",
        "worker",
        "if (keys or not meter.bytes_in) and not self._objects.is_current(ref):",
        "if False:",
        mode="overwrites",
    ),
    core(
        "the currency is checked before the write",
        "worker",
        "        keys = self._write(job.prefix, derivation.outputs, meter)\n",
        "        if derivation.outputs and not self._objects.is_current(ref):\n            return\n        keys = self._write(job.prefix, derivation.outputs, meter)\n        self._objects.is_current = lambda _ref: True\n",
        mode="overwrites",
    ),
    core(
        "only the first output is written",
        "worker",
        "for output in outputs:",
        "for output in outputs[:1]:",
        mode="calm",
    ),
    core(
        "the recipe is not part of the id",
        "worker",
        "            discriminator=derivation.discriminator,\n",
        "",
        mode="calm",
    ),
    core(
        "a refused entry counts as sent", "bus", 'if "EventId" not in result', "if False", mode="throttling"
    ),
    core(
        "failed records are not returned",
        "inbox",
        '{"itemIdentifier": delivery.message_id} for delivery in failed',
        '{"itemIdentifier": delivery.message_id} for delivery in failed[:0]',
        mode="rough",
    ),
    core(
        "sequencers are padded on the left",
        "identity",
        'ljust(REVISION_WIDTH, "0")',
        'rjust(REVISION_WIDTH, "0")',
        mode="calm",
    ),
    service(
        "announced before all facts are in",
        "recorder.record",
        'item["status"] == "processing" and not item["outstanding"]',
        'item["status"] == "processing" and len(item["outstanding"]) < 2',
        mode="calm",
    ),
    service(
        "announced on the transition only",
        "recorder.record",
        "        projection = self.project(image_key)\n        if projection is None:",
        "        old = self._store.status(image_key); projection = self.project(image_key); announce &= bool(projection and projection.item != old)\n        if projection is None:",
        mode="deaths",
    ),
    service(
        "logged before it is published",
        "recorder.record",
        "        self._bus.publish([event])\n",
        "        self._store.append(RecordedEvent.from_event(event)); self._bus.publish([event])\n",
        mode="deaths",
    ),
    service(
        "a replay announces",
        "recorder.handler",
        "announce=not all(delivery.replayed for delivery in group)",
        "announce=True",
        mode="replays",
    ),
    service(
        "a sweep does not wait for replays",
        "recorder.sweeper",
        "if stalled and replays.arriving():",
        "if False:",
        mode="replays",
    ),
    service(
        "there is no ledger",
        "notifier.notify",
        "claim = ledger.claim(event.meta.event_id)",
        'claim = "granted"',
    ),
    service(
        "marked before it is sent",
        "notifier.notify",
        "        topic.publish(compose(event))\n",
        "        ledger.mark_sent(event.meta.event_id); topic.publish(compose(event))\n",
        mode="deaths",
    ),
    service(
        "a claim is taken from its holder", "notifier.ledger", "lease_until < :now", "lease_until > :now"
    ),
    service(
        "the ids of failures vary",
        "failures.report",
        'discriminator=f"{stage}/{cause.event_id}"',
        'discriminator=f"{stage}/{cause.event_id}/{data.attempts}/{clock.now()}"',
    ),
    service(
        "what is not an event is dropped",
        "failures.dead_letter",
        "        quarantine(delivery, stage, str(reason), objects, bucket, clock)\n",
        "        pass\n",
        mode="poison",
    ),
    service(
        "the cleaner removes the current revision",
        "cleaner.handler",
        "< meta.revision]",
        "<= meta.revision]",
        mode="calm",
    ),
    service(
        "the cleaner removes nothing",
        "cleaner.handler",
        "objects.delete(bucket, older)",
        "pass",
        mode="overwrites",
    ),
    *RECIPES,
)
