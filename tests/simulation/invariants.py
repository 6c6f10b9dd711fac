"""What must hold when a run has ended. `reference` and the story say what must have happened."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.simulation import facts, reference, rows, wiring
from tests.simulation.facts import Fact, folder_of
from tests.simulation.promoted import RECIPE_OF
from tests.simulation.scheduler import EPOCH
from tests.simulation.story import Story
from tests.simulation.upload import Upload
from tests.simulation.variants import is_whole
from tests.simulation.variants import shown as shown_of
from tests.simulation.watch import named_objects, wrong_object
from tests.simulation.world import World

FINAL = frozenset({"ImageProcessed", "ImageRejected", "ProcessingFailed", "ProcessingStalled"})
FAILURE_OF_A_FAILURE = "a failure to handle a failure"
OF_A_REMOVAL = "the removal of a version"
TERMINAL = frozenset({"completed", "rejected", "failed", "deleted"})
TOLD = {"good": "ImageProcessed", "corrupt": "ImageRejected", "empty": "ImageRejected"}
ENDS_IN = {"good": "completed", "corrupt": "rejected", "empty": "rejected", "delete": "deleted"}


def unannounced(world: World) -> Iterator[str]:
    """Before any sweep: deliveries alone announce what is complete and known, unless the recorder gave up."""
    if world.evidence.recorder_gave_up:
        return
    for key, item in rows.statuses(world.dynamodb).items():
        if item["status"] == "processing" and not item["outstanding"] and "format" in item:
            yield f"{key}: complete, and nobody was told"


def unfinished(story: Story, *, without_operator: bool = False) -> Iterator[str]:
    """Every image is terminal, except those of which the system never heard.

    Without an operator it has not heard of an image either if the only news of it is in quarantine.
    """
    world = story.world
    statuses = rows.statuses(world.dynamodb)
    quarantined = set(_news_in_quarantine(world)) if without_operator else set()
    for upload in newest(story):
        item = statuses.get(upload.key)
        unheard = upload.key in world.evidence.unheard | quarantined or upload.kind == "erased"
        if item["status"] not in TERMINAL if item else not unheard and _reported(world, upload):
            yield f"{upload.key}: {item and item['status']} is no end"


def _reported(world: World, upload: Upload) -> bool:
    """Whether the recorder got an event about the image, if it was not lost."""
    lost = world.evidence.unrecorded
    return not lost or any(fact.upload[0] == upload.key and fact.id not in lost for fact in _archived(world))


def newest(story: Story) -> list[Upload]:
    """What each key shows since the last thing that users did to it."""
    return list({upload.key: upload for upload in story.uploads}.values())


def revisions(story: Story, key: str) -> set[str]:
    """Under which revisions what is current may show: that of the upload, and of removals since. If S3's
    event of the upload was lost, also that of a removal at which ingest already found it.
    """
    found: set[str] = set()
    for upload in story.uploads:
        if upload.key == key:
            found = found | {upload.revision} if upload.removal else {upload.revision}
            names = upload.version, hashlib.md5(upload.body).hexdigest()
            announced = story.world.watch.revisions_of(key, *names)
            if not upload.removal and upload.revision not in announced:
                found |= announced
    return found


def outcomes(story: Story) -> Iterator[str]:
    """What users did decides what an image is in the end, however many stages failed before."""
    world = story.world
    statuses, logs = rows.statuses(world.dynamodb), rows.logs(world.dynamodb)
    for upload in newest(story):
        item = statuses.get(upload.key, {})
        if upload.kind == "erased":
            if item or upload.key in logs:
                yield f"{upload.key}: came back after it was erased"
        elif upload.key not in world.evidence.unheard:
            for text in _wrong_outcome(story, upload, item):
                yield f"{upload.key}: {text}"


def _wrong_outcome(story: Story, upload: Upload, item: dict[str, Any]) -> Iterator[str]:
    status = ENDS_IN[upload.kind]
    if item.get("status") != status or item["revision"] not in revisions(story, upload.key):
        yield f"{item.get('status')} of {item.get('revision')}, not {status} of {upload.revision}"
        return
    reason = upload.kind if status == "rejected" else None
    if item.get("reason") != reason:
        yield f"the reason is {item.get('reason')}, not {reason}"
    if item.get("outstanding"):
        yield f"{status}, and yet {item['outstanding']} are outstanding"
    if status != "deleted" and item.get("size") != len(upload.body):
        yield f"{item.get('size')} bytes, not {len(upload.body)}"
    if status == "completed":
        if item.get("sha256") != hashlib.sha256(upload.body).hexdigest():
            yield "the digest is not the upload's"
        promoted = story.world.watch.promoted.sets_during(*[story.world.scheduler.seconds] * 2)[-1]
        name = shown_of(item, promoted)
        made = item if name == item.get("recipe") else item["derived"][name]
        if name not in RECIPE_OF or not is_whole(made, RECIPE_OF[name]):
            yield f"shows not all that recipe {name} asks for"
        home = folder_of(upload.key, item["revision"])
        if not all(named["key"].startswith(home) for named in named_objects(item)):
            yield "shows another upload's objects"
        for named in named_objects(item):
            yield from wrong_object(story.world, named)
            stored = story.world.s3.buckets[wiring.IMAGES].keys.get(named["key"])
            if stored and not stored[-1].body.endswith(b" of " + upload.body):
                yield f"{named['key']} was not made from the upload"
    shown = next(
        each for each in story.uploads if (each.key, each.revision) == (upload.key, item["revision"])
    )
    at = (EPOCH + timedelta(seconds=shown.at)).isoformat()
    created = facts.milliseconds(at, item["created_at"]) / 1000
    if created < -story.world.weather.skew - 0.001:
        yield f"created {-created} s before the upload"


def projections(world: World) -> Iterator[str]:
    """Each status item is what the model makes of its log."""
    statuses, logs = rows.statuses(world.dynamodb), rows.logs(world.dynamodb)
    for key in sorted(statuses.keys() | logs.keys()):
        if key not in statuses or key not in logs:
            if any(map(reference.takes_place, logs.get(key, ()))) or key in statuses:
                yield f"{key}: status without log, or log without status"
            continue
        wrong = min(
            (
                reference.differences(statuses[key], reference.item(logs[key], text))
                for text in world.required
            ),
            key=len,
        )
        if wrong:
            yield f"{key}: the status item is not what its log means: {', '.join(wrong)}"


def found_by_labels(world: World) -> Iterator[str]:
    """Each image can be found by the labels that its status item shows, and by no others."""
    statuses, found = rows.statuses(world.dynamodb), rows.labels(world.dynamodb)
    for key in sorted(statuses.keys() | found.keys()):
        item = statuses.get(key, {})
        names = sorted(each["name"].lower() for each in item.get("labels", {}).get("labels", ()))
        expected = [
            (name, f"label={name}#{item['list_shard']}", item["listed_at"], item["revision"])
            for name in names
        ]
        if found.get(key, []) != expected:
            yield f"{key}: found by {found.get(key)}, and not by {expected}"


def completeness(story: Story) -> Iterator[str]:
    """The log holds what was on the bus, in the form that happened first, and nothing else."""
    published: dict[str, set[str]] = {}
    for fact in _archived(story.world):
        published.setdefault(fact.id, set()).add(fact.at + fact.text)
    logged = {fact.id: fact for facts in rows.logs(story.world.dynamodb).values() for fact in facts}
    erased = {fact.id for fact in _archived(story.world) if was_erased(story, fact)}
    for event in erased & logged.keys():
        # A removal from before the erasure that is heard of after it announces what is current by then.
        fact = logged[event]
        later = {upload.version for upload in since_erased(story, fact.upload[0])}
        if fact.meta.get("version_id") not in later:
            yield f"{event}: in the log, though it was erased"
    if not story.holes:
        yield from (f"{logged[event].type} is in the log only" for event in logged.keys() - published.keys())
    for event, forms in published.items():
        if event not in logged:
            if event not in erased:
                yield f"{event}: on the bus, and not in the log"
            continue
        if not story.holes:
            expected = {min(forms)}
        else:  # the archive may have lost the first form, which the recorder had logged when it was live
            ever = forms | story.world.watch.forms[event]
            expected = {form for form in ever if form <= min(forms)}
            if ("recorder", event) not in story.world.evidence.given_up:
                expected = {min(ever)}
        if logged[event].at + logged[event].text not in expected:
            yield f"{event}: the log does not hold what happened first"


def notifications(story: Story) -> Iterator[str]:
    """Notifications follow from what users did and which stages gave up, and each is sent once."""
    world, evidence = story.world, story.world.evidence
    bodies = [body["event"] for body in world.sns.bodies()]
    told = Counter(body["detail"]["meta"]["event_id"] for body in bodies)
    for event, times in told.items():
        if times > 1 and event not in evidence.may_be_told_twice:
            yield f"{event}: told {times} times"
    about: dict[tuple[str, str], set[str]] = {}
    for body in bodies:
        fact = Fact.of(body)
        about.setdefault(fact.upload, set()).add(fact.type)
        if of_backfill(fact):
            yield f"{fact.upload[0]}: told about a backfill"
        if fact.type == "ProcessingFailed":
            failed = fact.data["failed_event"]["detail"].get("meta", {}).get("event_id", "")
            if (fact.data["stage"], failed) not in evidence.given_up:
                yield f"{fact.upload[0]}: told about a failure that nobody had: {fact.data['stage']}"
    for upload in story.uploads:
        said = about.get((upload.key, upload.revision), set()) & {"ImageProcessed", "ImageRejected"}
        # What a removal left is looked up later, when it may be something else again.
        wrong = (
            len(said) > 1
            if upload.removal or upload.kind == "erased"
            else not said <= {TOLD.get(upload.kind)}
        )
        if wrong:
            yield f"{upload.key}: told {said} about a {upload.kind} upload"


def everybody_is_told(story: Story) -> Iterator[str]:
    """At the end of a run in which operators retried what failed."""
    world = story.world
    told, never = set(world.sns.event_ids()), set(world.evidence.never_told)
    finals = {fact.id for fact in _archived(world) if fact.type in FINAL and not of_backfill(fact)}
    never |= {fact.id for fact in _archived(world) if was_erased(story, fact)}
    yield from (f"{event}: never told" for event in finals - told - never)
    if not story.holes:
        yield from (f"{event}: told, and never published" for event in told - finals)
    for upload in newest(story):
        kind = TOLD.get(upload.kind)
        if kind and upload.key not in world.evidence.unheard:
            ids = {facts.event_id(kind, upload.key, each) for each in revisions(story, upload.key)}
            if ids.isdisjoint(told | never):
                yield f"{upload.key}: {upload.kind}, and {kind} was not announced"


def of_backfill(fact: Fact) -> bool:
    """Whether a stage gave up on what an operator asked for. Only the operator is told, by the command."""
    failed = fact.data["failed_event"] if fact.type == "ProcessingFailed" else {}
    return failed.get("detail-type") == "DerivationRequested"


def was_erased(story: Story, fact: Fact) -> bool:
    """Whether it is about an upload to a key that was erased later."""
    key, revision = fact.upload
    erased = any(upload.key == key and upload.kind == "erased" for upload in story.uploads)
    return erased and revision not in {upload.revision for upload in since_erased(story, key)}


def since_erased(story: Story, key: str) -> list[Upload]:
    """What happened to the key since it was erased the last time, or ever."""
    found: list[Upload] = []
    for upload in story.uploads:
        if upload.key == key:
            found = [] if upload.kind == "erased" else [*found, upload]
    return found


def _archived(world: World) -> Iterator[Fact]:
    """What is about an image."""
    facts = (Fact.of(envelope) for _, envelope in world.events.archive)
    return (fact for fact in facts if "image_key" in fact.meta)


def objects(story: Story) -> Iterator[str]:
    """No derived image of an overwritten or deleted upload remains.

    What is current may have been announced under several revisions, and keeps the objects of all of them.
    """
    world = story.world
    items = rows.statuses(world.dynamodb)
    current = {folder_of(key, item["revision"]) for key, item in items.items() if item["status"] != "deleted"}
    for key, versions in world.s3.buckets[wiring.UPLOADS].keys.items():
        if versions and not versions[-1].is_marker:
            shown = world.watch.revisions_of(key, versions[-1].version_id, versions[-1].etag)
            current |= {folder_of(key, each) for each in shown}
    for name in world.s3.buckets[wiring.IMAGES].keys:
        home = "/".join(name.split("/")[:2]) + "/"
        excused = world.evidence.leftovers or home in world.evidence.left_behind or world.evidence.unheard
        if home not in current and not excused:
            yield f"{name}: belongs to no current upload"


def quarantine(story: Story) -> Iterator[str]:
    """The quarantine holds as many messages as were sent broken, and failures to handle failures."""
    poison = [reason for reason in _reasons(story.world) if reason != FAILURE_OF_A_FAILURE]
    if len(poison) < story.poison:
        yield f"{len(poison)} of {story.poison} bad messages are in quarantine: {poison}"


def failures_of_failures(world: World) -> Iterator[str]:
    return (reason for reason in _reasons(world) if reason == FAILURE_OF_A_FAILURE)


def _news_in_quarantine(world: World) -> Iterator[str]:
    """The images whose failure could not be recorded, and those whose removal nobody looked at."""
    for kept in _quarantined(world):
        if kept["reason"] == FAILURE_OF_A_FAILURE:
            yield str(json.loads(kept["body"])["detail"]["meta"]["image_key"])
        elif kept["reason"].startswith(OF_A_REMOVAL):
            yield str(json.loads(kept["body"])["detail"]["object"]["key"])


def _reasons(world: World) -> Iterator[str]:
    return (kept["reason"] for kept in _quarantined(world))


def _quarantined(world: World) -> Iterator[dict[str, Any]]:
    for versions in world.s3.buckets[wiring.QUARANTINE].keys.values():
        yield json.loads(versions[-1].body)


def queues(world: World) -> Iterator[str]:
    for url in world.sqs.queues:
        if depth := world.sqs.depth(url):
            yield f"{url}: {depth} messages left"
