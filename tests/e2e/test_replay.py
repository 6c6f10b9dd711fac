"""The table is a projection: after a total loss, a replay restores it byte for byte and notifies nobody."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from typer.testing import CliRunner

from imagebus.bus import bus_entry
from imagebus.events import caused_by, read
from imagebus.events.catalog import parse
from imagebus.events.failures import ProcessingFailed
from imagebus.events.validator import ImageValidated
from imagebus.history.fold import STATUS_SK, canonical
from imagebus.history.recorded import RecordedEvent
from imagebus.store import EVENT_PREFIX
from imagebus.testing import ManualClock
from imagebus_cli.main import app
from tests.e2e.harness import Pipeline, jpeg

IMAGES, MORE, DELIVERIES = 100, 20, 50


def imagebus_command(pipeline: Pipeline, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "imagebus_cli.main", *arguments, *pipeline.target.options, "--json"]


def imagebus(pipeline: Pipeline, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The command's exit code and the document that it printed. It runs in this process, to start sooner."""
    run = CliRunner().invoke(app, [*arguments, *pipeline.target.options, "--json"])
    assert run.stdout.startswith("{"), (run.output, run.exception)
    return run.exit_code, json.loads(run.stdout)


def unlike_their_log(verified: dict[str, Any]) -> list[dict[str, Any]]:
    """What verify found. Other tests make up events, and S3 has no such version of an image that failed."""
    made_up = {"is no longer in S3", "S3 shows another version"}
    return [each for each in verified["differences"] if each["why"] not in made_up]


def upload_all(pipeline: Pipeline, count: int) -> list[str]:
    bodies = [jpeg(f"#{number:02x}4080", (160, 120)) for number in range(count)]
    keys = [pipeline.key(f"{number}.jpg") for number in range(count)]
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(pipeline.upload, keys, bodies))


def everything(pipeline: Pipeline, keys: Iterable[str]) -> dict[str, list[str]]:
    """The status item and the log of each key, as canonical JSON."""
    return {
        key: [
            canonical(pipeline.status(key)),
            *sorted(event.canonical for event in pipeline.store.history(key)),
        ]
        for key in keys
    }


def delete_every_item(pipeline: Pipeline) -> int:
    dynamodb, table = pipeline.client("dynamodb"), pipeline.outputs["StatusTableName"]
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ProjectionExpression="image_key, sk")
    keys = [item for page in pages for item in page["Items"]]
    for start in range(0, len(keys), 25):
        requests = [{"DeleteRequest": {"Key": key}} for key in keys[start : start + 25]]
        while requests:
            answer = dynamodb.batch_write_item(RequestItems={table: requests})
            requests = answer.get("UnprocessedItems", {}).get(table, [])
    return len(keys)


def completed(pipeline: Pipeline) -> list[str]:
    """Images whose whole log came over the bus, so that the archive has it."""
    pages = (
        pipeline.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=pipeline.outputs["StatusTableName"],
            FilterExpression="sk = :status AND #status = :completed",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": STATUS_SK}, ":completed": {"S": "completed"}},
        )
    )
    keys = [item["image_key"]["S"] for page in pages for item in page["Items"]]
    return [key for key in keys if _archived(pipeline, key)]


def _archived(pipeline: Pipeline, key: str) -> bool:
    delivered = {event["detail"]["meta"]["event_id"] for event in pipeline.delivered(key)}
    return delivered.issuperset(event.event_id for event in pipeline.store.history(key))


def put_again(pipeline: Pipeline, event: RecordedEvent, times: int) -> None:
    """Publishes the same event this many times at once."""
    bus = pipeline.outputs["EventBusName"]
    entry = bus_entry(parse(event.detail_type, event.detail), bus)
    put = pipeline.client("events").put_events
    with ThreadPoolExecutor(10) as pool:
        for answer in pool.map(lambda _: put(Entries=[entry]), range(times)):
            assert answer["FailedEntryCount"] == 0


def give_up(pipeline: Pipeline, key: str) -> None:
    """Makes a completed image look as if the thumbnailer had failed.

    Removes the facts that the failure would have prevented from the log, and publishes the failure.
    """
    log = {event.detail_type: event for event in pipeline.log(key)}
    for fact in ("ThumbnailsCreated", "ImageProcessed"):
        row = {"S": f"{EVENT_PREFIX}{log[fact].revision}#{log[fact].event_id}"}
        pipeline.client("dynamodb").delete_item(
            TableName=pipeline.outputs["StatusTableName"], Key={"image_key": {"S": key}, "sk": row}
        )
    cause = read(ImageValidated, log["ImageValidated"].detail)
    failed_event = {
        "source": cause.source,
        "detail-type": cause.detail_type,
        "detail": cause.detail(),
        "replay-name": "r",
    }
    failure = ProcessingFailed(
        stage="thumbnailer", error_type="Boom", message="m", attempts=5, failed_event=failed_event
    )
    event = caused_by(
        cause.meta, failure, clock=ManualClock(), discriminator=f"thumbnailer/{cause.meta.event_id}"
    )
    answer = pipeline.client("events").put_events(
        Entries=[bus_entry(event, pipeline.outputs["EventBusName"])]
    )
    assert answer["FailedEntryCount"] == 0


@pytest.mark.embedded("it deletes every item of the status table")
@pytest.mark.slow
def test_a_lost_table_comes_back_from_the_archive_while_uploads_go_on(pipeline: Pipeline) -> None:
    pipeline.settled()
    keys = completed(pipeline)  # by the tests before this one
    for key in upload_all(pipeline, max(IMAGES - len(keys), 0)):
        pipeline.wait(key, "completed", within=240)
        pipeline.wait_notifications(key)
        keys.append(key)
    pipeline.settled()
    before = everything(pipeline, keys)
    told = {key: len(pipeline.notifications(key)) for key in keys}

    assert delete_every_item(pipeline) >= 8 * IMAGES
    assert pipeline.status(keys[0]) == {}
    with ThreadPoolExecutor(1) as pool:
        meanwhile = pool.submit(upload_all, pipeline, MORE)
        code, replayed = imagebus(pipeline, "replay", "--follow")
        more = meanwhile.result()
    assert (code, replayed["state"]) == (0, "COMPLETED")
    assert replayed["rules"] == [pipeline.outputs["RecorderRuleArn"]]

    for key in more:
        pipeline.wait(key, "completed", within=240)
        pipeline.wait_notifications(key)
    pipeline.settled()
    assert everything(pipeline, keys) == before
    assert {key: len(pipeline.notifications(key)) for key in keys} == told
    assert {key: len(pipeline.notifications(key)) for key in more} == dict.fromkeys(more, 1)
    verified = imagebus(pipeline, "verify")[1]
    assert unlike_their_log(verified) == []
    assert verified["images"] >= IMAGES + MORE


def test_fifty_deliveries_at_once_are_one_log_entry_one_item_and_one_notification(pipeline: Pipeline) -> None:
    good, bad = pipeline.upload(pipeline.key(), jpeg()), pipeline.upload(pipeline.key(), b"no image")
    pipeline.wait(good, "completed")
    pipeline.wait(bad, "rejected")
    for key in (good, bad):
        pipeline.wait_notifications(key)
    pipeline.settled()
    before = everything(pipeline, [good, bad])
    for key, detail_type in ((good, "ImageProcessed"), (bad, "ImageUploaded")):
        (event,) = [each for each in pipeline.log(key) if each.detail_type == detail_type]
        put_again(pipeline, event, DELIVERIES)
    pipeline.settled(within=180)
    after = everything(pipeline, [good, bad])
    assert after[good] == before[good]
    # the validator published it fifty more times under the same id; the log keeps the first
    assert after[bad] == before[bad]
    assert [len(pipeline.notifications(key)) for key in (good, bad)] == [1, 1]


def test_a_wrong_status_item_is_found_and_put_right(pipeline: Pipeline) -> None:
    key = pipeline.upload(pipeline.key("漢字+.jpg"), jpeg())
    pipeline.wait(key, "completed")
    pipeline.settled()
    right = pipeline.status(key)
    assert pipeline.store.replace_status({**right, "status": "rejected", "width": 3}, right["log_digest"])
    code, verified = imagebus(pipeline, "verify")
    assert code == 1
    (found,) = [each for each in verified["differences"] if each["image_key"] == key]
    assert found["why"] == "not the fold of its log"
    assert (found["attributes"], found["status"]) == (["status", "width"], "rejected -> completed")
    code, rebuilt = imagebus(pipeline, "rebuild", "--key", key)
    assert (code, rebuilt["written"]) == (0, 1)
    assert pipeline.status(key) == right
    assert unlike_their_log(imagebus(pipeline, "verify")[1]) == []


def test_retry_completes_an_image_whose_stage_had_failed_and_it_is_announced_once(pipeline: Pipeline) -> None:
    key = pipeline.upload(pipeline.key(), jpeg())
    pipeline.wait(key, "completed")
    pipeline.wait_notifications(key)
    pipeline.settled()
    give_up(pipeline, key)
    assert pipeline.wait(key, "failed")["reason"] == "thumbnailer: Boom"

    code, retried = imagebus(pipeline, "retry", key)
    assert code == 0
    sent = [{"event": "ImageValidated", "stages": ["thumbnailer"]}]
    assert retried["items"] == [{"key": key, "ok": True, "retried": sent}]
    pipeline.wait(key, "completed")
    pipeline.wait_notifications(key, 2)
    pipeline.settled()
    statuses = [each.body["status"] for each in pipeline.notifications(key)]
    assert sorted(statuses) == ["completed", "failed"]
    assert imagebus(pipeline, "retry", key)[0] == 1, "nothing is left to do"
