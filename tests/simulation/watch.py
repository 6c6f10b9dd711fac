"""What must hold at every moment of a run, and needs no model: checked at each call and event."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.simulation import facts, reference, rows, wiring
from tests.simulation.coverage import Call
from tests.simulation.facts import Fact
from tests.simulation.promoted import Promoted
from tests.simulation.scheduler import EPOCH
from tests.simulation.variants import OF_RECIPES

if TYPE_CHECKING:
    from tests.simulation.world import World

Upload = tuple[str, str]

#: Facts whose id has no discriminator: the image and its revision say it all.
PLAIN = frozenset(
    [
        "ImageUploaded",
        "ImageDeleted",
        "ImageValidated",
        "ImageRejected",
        "ImageProcessed",
        "ProcessingStalled",
    ]
)
ROOTS = ("ImageUploaded", "ImageDeleted")
#: What may differ between two publications of one fact: times, and what a retry has found out since,
#: and the recipe that is active when an upload is validated a second time. The log decides which counts.
VARIES = {
    "ImageValidated": {"recipe"},
    "VariantsPruned": {"objects", "bytes"},
    "DerivationRequested": {"present", "faces", "stages"},
    "ImageProcessed": {"stages", "duration_ms"},
    "ProcessingStalled": {"missing", "waited_s"},
    "ProcessingFailed": {"error_type", "message", "attempts", "failed_event"},
}


@dataclass
class Watch:
    world: World
    violations: list[str] = field(default_factory=list)
    facts: dict[Upload, set[str]] = field(default_factory=lambda: defaultdict(set))
    _contents: dict[str, str] = field(default_factory=dict)
    _ids: dict[tuple[str, ...], str] = field(default_factory=dict)
    _correlations: dict[Upload, str] = field(default_factory=dict)
    #: key, and version or digest -> the revisions under which ingest announced it
    _announced: dict[Upload, set[str]] = field(default_factory=lambda: defaultdict(set))
    _restored: set[Upload] = field(default_factory=set)
    #: by which recipes an upload was validated: by two if one was promoted in between
    _recipes: dict[Upload, set[str]] = field(default_factory=lambda: defaultdict(set))
    #: how many thumbnails an ImageProcessed counted first, by its id
    _counted: dict[str, int] = field(default_factory=dict)
    #: everything that was published, by id: a fact that is published again can have another time
    forms: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    #: of each upload, when the sweeper had news of it, by id
    _news: dict[Upload, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    _ledger: dict[str, tuple[str, float]] = field(default_factory=dict)
    _status: dict[str, tuple[str, float]] = field(default_factory=dict)
    #: of each upload, the ids of everything that was ever logged
    _ever: dict[Upload, set[str]] = field(default_factory=lambda: defaultdict(set))
    _completed: set[Upload] = field(default_factory=set)
    #: until when a notifier that had asked before an erasure may still be at work
    _erased: dict[Upload, float] = field(default_factory=dict)
    _deleting: dict[str, float] = field(default_factory=dict)
    #: when the table was lost
    _lost: float = -60.0
    promoted: Promoted = field(init=False)

    def __post_init__(self) -> None:
        self.promoted = Promoted(self.world)

    # --- the bus ---

    def published(self, envelope: Mapping[str, Any]) -> None:
        """Called for every event that reaches the bus, before it is delivered."""
        if not str(envelope["source"]).startswith("imagebus."):
            return
        fact = Fact.of(envelope)
        if "image_key" not in fact.meta:
            return  # about the stack
        self.violations += [f"{fact.upload[0]}: {fact.type} {text}" for text in self._wrong(fact)]
        self.facts[fact.upload].add(fact.type)
        self.forms[fact.id].add(fact.at + fact.text)
        if fact.type == "ImageUploaded":
            key, revision = fact.upload
            self._announced[key, fact.meta.get("version_id") or fact.data["etag"]].add(revision)

    def revisions_of(self, key: str, *names: str) -> set[str]:
        """Of a version, by its id and its digest. Its own event announces it, and perhaps that of a removal
        or an import that leaves it.
        """
        return {each for name in names for each in self._announced[key, name]}

    def heard(self, upload: Upload) -> None:
        """An operator gave a failed upload another chance: from now on it has waited for nothing yet."""
        if rows.statuses(self.world.dynamodb)[upload[0]]["status"] == "failed":
            self._news[upload]["a retry"] = self.world.scheduler.seconds

    def _logged(self, fact: Fact) -> None:
        """News counts from when it occurred, or from its arrival in the log if that was late.

        What the log does not have, the sweeper cannot know. A copy that the log ignores is not news.
        """
        if fact.type in ("ImageProcessed", "ProcessingStalled"):
            return
        now, skew = self.world.scheduler.seconds, 2 * self.world.weather.skew
        occurred = (datetime.fromisoformat(fact.at) - EPOCH).total_seconds()
        self._news[fact.upload][fact.id] = now if now - occurred > wiring.LATE + skew else occurred

    def _wrong(self, fact: Fact) -> Iterator[str]:
        yield from self._wrong_identity(fact)
        yield from self.promoted.wrong(fact)
        upload, world = fact.upload, self.world
        if fact.type == "ImageProcessed":
            missing = [reference.outstanding(self.facts[upload], each) for each in world.required]
            if all(missing):
                yield f"announced before {missing[0]}"
            if "ImageRejected" in self.facts[upload] or "ImageDeleted" in self.facts[upload]:
                yield "announced for an upload that was rejected or deleted"
        if fact.type == "ProcessingStalled":
            last = max(self._news[upload].values(), default=0.0)
            waited = world.scheduler.seconds - last + 2 * world.weather.skew
            if waited < wiring.STALLED_AFTER - 1:  # late news is noted right before it is logged
                yield f"after a wait of {waited:.0f} s"
            if "ImageProcessed" in self.facts[upload]:
                yield "stalled, when it had long been processed"
        # A late copy of a request has its fact published again, which a prune has retired: it counts nowhere.
        if self.is_current(*upload, fact.meta.get("version_id")) and fact.id not in self.promoted.retired:
            for named in named_objects(fact.data):
                yield from wrong_object(world, named)

    def _wrong_identity(self, fact: Fact) -> Iterator[str]:
        key, revision = fact.upload
        varies = VARIES.get(fact.type, set())
        same = {name: value for name, value in fact.data.items() if name not in varies}
        if fact.type == "ThumbnailsCreated":  # a shared object has the name that was its first
            same["items"] = [each["name"] for each in same["items"]]
        if fact.type == "ImageValidated":
            self._recipes[fact.upload].add(fact.data["recipe"])
        if fact.type == "ImageProcessed":  # an announcement that never reached the log is made again
            thumbnails = fact.data["counts"]["thumbnails"]
            same["counts"] = {**fact.data["counts"], "thumbnails": "any"}
            if (
                self._counted.setdefault(fact.id, thumbnails) != thumbnails
                and len(self._recipes[fact.upload]) < 2
            ):
                yield "counts other thumbnails of one recipe"
        content = json.dumps([fact.type, key, revision, same], sort_keys=True)
        released = (
            f"{fact.id} in version {fact.meta['schema_version']}"  # the first had no faces, for example
        )
        if fact.data.get("reason") == "restored":
            self._restored.add(fact.upload)
        # What a removal left is looked up at every delivery, and may be something else each time.
        if fact.upload not in self._restored and self._contents.setdefault(released, content) != content:
            yield f"one id {fact.id} for two facts"
        about = (fact.type, key, revision, *_discriminator(fact))
        if self._ids.setdefault(about, fact.id) != fact.id:
            yield f"two ids for one fact: {about[3:]}"
        if fact.type in PLAIN and fact.id != facts.event_id(fact.type, key, revision):
            yield "has not the id that its image and revision give"
        recipe = fact.data.get("recipe") if fact.type in OF_RECIPES else None
        if recipe and fact.data.get("generation"):
            recipe += f"#{fact.data['generation']}"
        if recipe and fact.id != facts.event_id(fact.type, key, revision, recipe):
            yield "has not the id that its recipe gives"
        correlation = fact.meta["correlation_id"]
        if self._correlations.setdefault(fact.upload, correlation) != correlation:
            yield "belongs to a second correlation of one upload"
        if correlation not in {facts.event_id(root, key, revision) for root in ROOTS}:
            yield "does not correlate with the upload"

    def is_current(self, key: str, revision: str, version: str | None) -> bool:
        """Whether nothing newer is known or current, for which the cleaner may have come already."""
        versions = self.world.s3.buckets[wiring.UPLOADS].keys.get(key)
        if not versions or any(other > revision for name, other in self.facts if name == key):
            return False
        return bool(
            version == versions[-1].version_id or facts.revision_of(versions[-1].sequencer) == revision
        )

    # --- calls to AWS ---

    def called(self, call: Call) -> None:
        """Called after every successful call of a function."""
        self.violations += self.promoted.called(call)
        operation, request = call.operation, call.request
        if operation == "put_item":
            self._written(request)
        elif operation == "delete_item":
            self._deleted(request)
        elif operation == "transact_write_items":
            for each in request["TransactItems"]:
                if "Put" in each:
                    self._written(each["Put"])
        elif operation == "publish":
            body = json.loads(json.loads(request["Message"])["default"])
            self._told(body["event"]["detail"]["meta"])

    def _told(self, meta: Mapping[str, Any]) -> None:
        event, upload = str(meta["event_id"]), (meta["image_key"], meta["revision"])
        if self.world.scheduler.seconds > self._erased.get(upload, float("inf")):
            self.violations.append(f"{upload[0]}: notified after it was erased")
        sending, lease = self._ledger.get(event, ("", 0.0))
        if sending != "claimed" or not lease:
            self.violations.append(f"{event}: told without a claim ({sending or 'none'})")

    def _deleted(self, request: Mapping[str, Any]) -> None:
        """Only an erasure deletes from the log: what is folded meanwhile is less and less."""
        if request["TableName"] == wiring.STATUS:
            self._deleting[request["Key"]["image_key"]["S"]] = self.world.scheduler.seconds

    def _written(self, request: Mapping[str, Any]) -> None:
        row = request["Item"]
        if request["TableName"] == wiring.LEDGER:
            self._entered(row)
        elif row.get("sk", {}).get("S") == "STATUS" and "status" in row:
            self._projected(rows.value({"M": row}))
        elif row.get("sk", {}).get("S", "").startswith("EVENT#"):
            event = json.loads(row["event"]["S"])
            fact = Fact(event["source"], event["detail_type"], event["detail"])
            self._ever[fact.upload].add(fact.id)
            self._logged(fact)

    def _entered(self, row: Mapping[str, Any]) -> None:
        event, sending = row["event_id"]["S"], row["sending"]["S"]
        lease = float(row.get("lease_until", {"N": "0"})["N"])
        before = self._ledger.get(event)
        if before and before[0] == "sent" and sending != "sent":
            self.violations.append(f"{event}: the ledger forgot that it was sent")
        now = self.world.scheduler.now().timestamp()
        if sending == "claimed" and lease and before and before[1] > now + 2 * self.world.weather.skew:
            self.violations.append(f"{event}: a claim was taken from a notifier that still held it")
        self._ledger[event] = (sending, lease if sending == "claimed" else 0.0)

    def _projected(self, item: Mapping[str, Any]) -> None:
        """A status item never returns to an older or emptier state."""
        key, state = item["image_key"], (item["revision"], item["events"])
        # A function that had read the log before may write what it saw, as long as it can run.
        emptied = max(self._deleting.get(key, -60), self._lost)
        if self.world.scheduler.seconds < emptied + 60:
            self._status.pop(key, None)
            return
        if self._status.get(key, ("", 0)) > state:
            self.violations.append(f"{key}: the status went back from {self._status[key]} to {state}")
        self._status[key] = state
        if item["status"] == "completed":
            self._completed.add((key, item["revision"]))
        elif (key, item["revision"]) in self._completed:
            self.violations.append(f"{key}: was completed, and is {item['status']}")

    def had_more(self, item: Mapping[str, Any]) -> bool:
        """Whether parts of the log are gone or not folded yet: erased, being replayed, or in work."""
        return bool(item["events"] < len(self._ever[item["image_key"], item["revision"]]))

    def are_gone(self, upload: Upload, log: Sequence[Fact]) -> bool:
        """Whether the log once had more about the upload."""
        return not self._ever[upload] <= {fact.id for fact in log}

    def forget(self) -> None:
        """The table was lost."""
        self._status.clear()
        self._completed.clear()
        self._lost = self.world.scheduler.seconds

    def erased(self, key: str, revisions: set[str]) -> None:
        end = self.world.scheduler.seconds + wiring.FUNCTION_TIMEOUT
        self._erased |= {(key, revision): end for revision in revisions}

    def expire_ledger(self) -> None:
        self._ledger.clear()


def _discriminator(fact: Fact) -> tuple[str, ...]:
    if fact.type == "ProcessingFailed":
        failed = fact.data["failed_event"]
        cause = failed["detail"].get("meta", {}).get("event_id") or failed["detail-type"]
        return fact.data["stage"], cause
    if fact.type in OF_RECIPES or fact.type == "DerivationRequested":
        return fact.data["recipe"], str(fact.data.get("generation", 0))
    return tuple(sorted(fact.data["retired"])) if fact.type == "VariantsPruned" else ("",)


def named_objects(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The derived objects that a fact or a status item names."""
    lists = [data.get(name) or [] for name in ("thumbnails", "items", "present")]
    found = [data, data.get("watermarked") or {}, *(each for items in lists for each in items)]
    found += [each for made in (data.get("derived") or {}).values() for each in named_objects(made)]
    return [each for each in found if "key" in each and each.get("bucket") == wiring.IMAGES]


def wrong_object(world: World, named: Mapping[str, Any]) -> Iterator[str]:
    versions = world.s3.buckets[wiring.IMAGES].keys.get(named["key"])
    if not versions:
        yield f"names {named['key']}, which does not exist"
        return
    body = versions[-1].body
    digest = hashlib.sha256(body).hexdigest()
    if len(body) != named["bytes"] or named.get("sha256", digest) != digest:
        yield f"names {named['key']} with other bytes"
