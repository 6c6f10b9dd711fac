"""What operators do at the end of a run, when nothing fails any more."""

from __future__ import annotations

import json
from dataclasses import dataclass

from imagebus.history.required import Required
from imagebus.identity import revision_after
from imagebus.missed import Uploads
from imagebus.retrying import Retrier
from imagebus.store import DynamoDBEventStore
from tests.simulation import invariants, poison, rows, wiring
from tests.simulation.story import Story


def retry(story: Story, *, everything: bool = False) -> int:
    """`imagebus retry --all-failed`; or `imagebus retry KEY` for every image that ever failed."""
    world, sent = story.world, 0
    store = DynamoDBEventStore(world.dynamodb, wiring.STATUS)  # type: ignore[arg-type]
    inboxes = {name: world.inbox(name) for name in wiring.names()}
    required = Required.parse(world.deployed[-1].required)
    retrier = Retrier(store, lambda: _Queues(story), inboxes, required)  # type: ignore[arg-type,return-value]
    for key, item in rows.statuses(world.dynamodb).items():
        if item["status"] == "failed" or (everything and item["failures"]):
            sent += len(retrier.retry(key).sent)
    return sent


def look_again(story: Story) -> int:
    """`imagebus retry` for every image about which `imagebus verify` says that S3 shows another."""
    world, images = story.world, rows.statuses(story.world.dynamodb)
    uploads = Uploads(lambda: world.s3, wiring.UPLOADS)  # type: ignore[arg-type,return-value]
    wrong = [item for item in images.values() if uploads.why(item)]
    for item in wrong:
        world.send(world.inbox("ingest"), json.dumps(uploads.look_again(item).envelope))
        story.shows(item["image_key"], revision_after(item["revision"]))
    world.evidence.unheard -= images.keys()
    world.seen["looked again"] += len(wrong)
    return len(wrong)


def resend_removals(story: Story) -> int:
    """What the runbook says about removals in quarantine: ingest is to look what is current."""
    world = story.world
    kept = [json.loads(versions[-1].body) for versions in world.s3.buckets[wiring.QUARANTINE].keys.values()]
    bodies = [each["body"] for each in kept if each["reason"].startswith(invariants.OF_A_REMOVAL)]
    for body in bodies:
        world.send(world.inbox("ingest"), body)
    return len(bodies)


@dataclass
class _Queues:
    """SQS for an operator, whose calls never fail."""

    story: Story

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803  as boto3 names them
        derives_nothing = QueueUrl in map(self.story.world.inbox, ("notifier", "cleaner"))
        if not derives_nothing and (meta := poison.meta_of(MessageBody)):
            self.story.world.watch.heard((str(meta.get("image_key")), str(meta.get("revision"))))
        self.story.world.send(QueueUrl, MessageBody)
