"""The archive replayed into an empty table: by the real recorder, so this is not a part of the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from imagebus.erasures import DynamoDBErasures
from imagebus.history.required import Required
from imagebus.inbox import Inbox
from imagebus.store import DynamoDBEventStore
from imagebus.testing import InMemoryDynamoDB, RecordingBus, sqs_record, status_table
from recorder.handler import image_key, record_group
from recorder.record import Recorder
from tests.simulation import wiring
from tests.simulation.world import World


def replay(world: World, random: Random) -> Iterator[str]:
    """In any order and partly twice, it gives the same table, and publishes nothing."""
    table, bus = status_table(), RecordingBus()
    store = DynamoDBEventStore(InMemoryDynamoDB({"t": table}), "t")  # type: ignore[arg-type]
    erasures = DynamoDBErasures(world.dynamodb, wiring.ERASURES)
    required = Required.parse(world.deployed[-1].required)
    recorder = Recorder(store, bus, world.scheduler, required, erasures)
    inbox = Inbox(lambda group: record_group(recorder, group), group_by=image_key)
    events = [event for _, event in world.events.archive]
    events += random.choices(events, k=len(events) // 4) if events else []
    random.shuffle(events)
    records = [
        sqs_record(json.dumps(event | {"replay-name": "all"}), message_id=str(number))
        for number, event in enumerate(events)
    ]
    for start in range(0, len(records), 10):
        failed = inbox({"Records": records[start : start + 10]})["batchItemFailures"]
        if failed:
            yield f"{len(failed)} replayed events could not be recorded"
    if bus.events:
        yield f"a replay published {bus.types}"
    before = dict(_rows(world.dynamodb.tables[wiring.STATUS]))
    after = dict(_rows(table))
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield f"{name}: differs after a replay"


def _rows(table: Any) -> Iterator[tuple[tuple[str, str], Any]]:
    for item in table.items():
        if item["sk"]["S"] == "ARRIVAL":  # when news came late: no replay knows that
            continue
        yield table.key(item), item
