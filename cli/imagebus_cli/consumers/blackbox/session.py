"""The test of a deployed consumer: its parts found, its poller replaced, and then everything delivered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from imagebus.testing.kit.examine import examine
from imagebus.testing.kit.findings import Report
from imagebus.testing.kit.messages import Message, text_of
from imagebus_cli.consumers.blackbox.listening import listening, subscribed, takes_replays
from imagebus_cli.consumers.blackbox.parts import Aws, parts_of
from imagebus_cli.consumers.blackbox.runner import DeployedRunner
from imagebus_cli.consumers.blackbox.stores import OriginalsStore
from imagebus_cli.output.terminal import Say
from imagebus_cli.problem import Problem

if TYPE_CHECKING:
    from imagebus_cli.consumers.blackbox.stage import Stage

#: Orders of all events, and pairs of two: what a run costs here is a hundred times what it costs in memory.
ORDERS = 12


def examined(
    aws: Aws, stack: str, stage: Stage | None, *, empty: bool, seed: int, orders: int = ORDERS, say: Say
) -> Report:
    """Tests the consumer of the stack. On a stage, nothing else uses its bus and its stores.

    Raises Problem if the stores hold something, or are on AWS, and may not be emptied.
    """
    parts = parts_of(aws, stack)
    detail_types, replayed = subscribed(aws, parts.inbox)
    made = stage.originals(aws, detail_types) if stage else None
    with listening(aws, parts.inbox, parts.topics) as (captured, topics):
        more = [made] if made else []
        runner = DeployedRunner(aws, parts, captured, topics, more, takes_replays=replayed)
        if not (stage or empty):
            _refuse(aws, stack, runner.holds())
        with runner.at_work():
            if stage:
                say("an event of each type, and a replay, over its bus")
                runner.takes_replays = takes_replays(aws, parts.inbox, stage.bus, detail_types)
            runner.empty()
            change = _fitted(made, stage)
            return examine(runner, detail_types, seed=seed, most_orders=orders, change=change, say=say)


def _refuse(aws: Aws, stack: str, held: int) -> None:
    """Raises Problem unless the stack is local and holds nothing."""
    advice = "To let the test empty its tables, buckets and queues: --empty"
    if aws.is_real:
        raise Problem(f"{stack} is on AWS, and the test deletes everything in it.", advice, exit_code=2)
    if held:
        raise Problem(f"{stack} holds {held} records, and the test would delete them.", advice, exit_code=2)


def _fitted(made: OriginalsStore | None, stage: Stage | None) -> Callable[[Message], Message]:
    """Events that name the stand-in's bucket and S3's version ids, where the consumer gets a stand-in."""

    def fit(message: Message) -> Message:
        if made is None or stage is None or not message.image:
            return message
        envelope = message.envelope
        meta, data = envelope["detail"]["meta"], envelope["detail"]["data"]
        meta["version_id"] = made.version(meta["image_key"], meta["version_id"])
        if "bucket" in data:
            data["bucket"] = stage.buckets["UploadsBucketName"]
        return replace(message, body=text_of(envelope))

    return fit
