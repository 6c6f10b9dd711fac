"""Rebuild writes what differs from the log, verify reports it, and running recorders disturb neither."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from imagebus.events import Meta, caused_by
from imagebus.events.analyzer import Label, LabelsDetected
from imagebus.store import marshal_item
from imagebus.testing import ManualClock
from imagebus.testing.errors import client_error
from imagebus_cli.operations.rebuild import rebuild_all, rebuild_one
from imagebus_cli.operations.table import ScannedImage, StatusTable
from imagebus_cli.operations.verify import LOOKS, SETTLE_SECONDS, verify_all
from tests.unit.core.events import FIRST, KEY, SECOND, story, uploaded
from tests.unit.recorder.test_recorder import REQUIRED, Bench

KEYS = ("a.jpg", KEY, "漢字.jpg")


class Rebuilding(Bench):
    def __init__(self) -> None:
        super().__init__()
        self.scan = StatusTable(self.dynamodb, "t")  # type: ignore[arg-type]
        for key in KEYS:
            self.receive(*story(key, FIRST))
            self.receive(*story(key, SECOND))
        self.before = {image.image_key: image.status for image in self.scan.images()}

    def rebuild(self) -> dict[str, int]:
        return dict(Counter(result.rebuilt for result in rebuild_all(self.scan, self.store, REQUIRED)))

    def differences(self) -> dict[str, Any]:
        found = verify_all(self.scan.images(), self.store, REQUIRED, self.clock)
        return {each.image_key: each.attributes or each.why for each in found if each is not None}

    def damage(self, key: str = KEY, **attributes: Any) -> None:
        status = self.store.status(key)
        assert status is not None
        assert self.store.replace_status({**status, **attributes}, status["log_digest"])

    def lose(self, key: str = KEY) -> None:
        del self.table.partitions[key]["STATUS"]

    @property
    def now(self) -> dict[str, Any]:
        return {image.image_key: image.status for image in self.scan.images()}


@pytest.fixture
def bench() -> Rebuilding:
    return Rebuilding()


def test_where_all_is_well_nothing_is_written(bench: Rebuilding):
    assert bench.differences() == {}
    bench.dynamodb.put_item = lambda **request: pytest.fail("written")  # type: ignore[method-assign]
    assert bench.rebuild() == {"same": 3}


def test_items_that_are_too_large_for_one_transaction_are_written_in_several(
    bench: Rebuilding, monkeypatch: pytest.MonkeyPatch
):
    written, write = [], bench.dynamodb.transact_write_items

    def noted(**request: Any) -> Any:
        written.append(len(request["TransactItems"]))
        return write(**request)

    bench.dynamodb.transact_write_items = noted  # type: ignore[method-assign]
    monkeypatch.setattr("imagebus_cli.operations.rebuild.TRANSACTION_BYTES", 10)
    for key in KEYS:
        bench.damage(key, width=3)
    assert bench.rebuild() == {"written": 3}
    assert written == [1, 1, 1]
    assert bench.now == bench.before


def test_a_wrong_projection_is_found_and_put_right(bench: Rebuilding):
    bench.damage(status="banana", width=3)
    bench.damage("a.jpg", log_digest="other")
    assert bench.differences() == {KEY: ("status", "width"), "a.jpg": ("log_digest",)}
    assert bench.rebuild() == {"same": 1, "written": 2}
    assert bench.now == bench.before


def test_rows_of_labels_that_are_missing_or_wrong_are_found_and_put_right(bench: Rebuilding):
    for key in KEYS:
        cause = bench.store.latest(key)[0]
        found = LabelsDetected(labels=(Label(name="Cat", confidence=9, parents=()),), model_versions={})
        bench.receive(caused_by(Meta.from_json(cause.meta), found, clock=bench.clock))
    rows = {key: bench.store.label_rows(key) for key in KEYS}
    assert [len(each) for each in rows.values()] == [1, 1, 1]
    for key, row in bench.table.partitions["a.jpg"].items():
        if key.startswith("LABEL#"):
            row["listed_at"] = {"S": "elsewhere"}
    for key in [each for each in bench.table.partitions[KEY] if each.startswith("LABEL#")]:
        del bench.table.partitions[KEY][key]
    stray = {**rows["漢字.jpg"][0], "sk": "LABEL#stray"}
    bench.table.partitions["漢字.jpg"]["LABEL#stray"] = marshal_item(stray)
    assert bench.differences() == dict.fromkeys(KEYS, ("labels",))
    assert rebuild_one(bench.store, REQUIRED, KEY).rebuilt == "written"
    assert bench.rebuild() == {"written": 2, "same": 1}
    assert bench.differences() == {}
    assert {key: bench.store.label_rows(key) for key in KEYS} == rows


def test_lost_items_come_back_as_they_were(bench: Rebuilding):
    for key in KEYS:
        bench.lose(key)
    assert bench.differences() == dict.fromkeys(KEYS, "a log without a status item")
    assert bench.rebuild() == {"written": 3}
    assert bench.now == bench.before
    assert bench.bus.types == ["ImageProcessed"] * 6, "nothing new"


def test_one_image_alone_can_be_rebuilt(bench: Rebuilding):
    bench.lose(KEY)
    bench.lose("a.jpg")
    assert rebuild_one(bench.store, REQUIRED, KEY).rebuilt == "written"
    assert list(bench.differences()) == ["a.jpg"]


def test_a_status_item_without_a_log_is_reported_and_left_alone(bench: Rebuilding):
    for row in list(bench.table.partitions[KEY]):
        if row != "STATUS":
            del bench.table.partitions[KEY][row]
    assert bench.differences() == {KEY: "a status item without a log"}
    assert bench.rebuild() == {"same": 2, "without log": 1}
    assert bench.now == bench.before


def test_an_image_that_cannot_be_folded_is_reported_and_the_others_are_rebuilt(bench: Rebuilding):
    for row in bench.table.partitions["a.jpg"].values():
        if "event" in row:
            row["event"] = {"S": row["event"]["S"].replace('"schema_version":1', '"schema_version":99')}
    bench.lose(KEY)
    assert bench.rebuild() == {"same": 1, "written": 1, "failed": 1}
    assert "cannot be folded" in bench.differences()["a.jpg"]


def test_a_log_that_cannot_be_read_is_reported_and_the_others_are_rebuilt(bench: Rebuilding):
    rows = bench.table.partitions["a.jpg"]
    rows[max(set(rows) - {"STATUS"})]["event"] = {"S": "not JSON"}
    bench.lose(KEY)
    assert bench.rebuild() == {"same": 1, "written": 1, "failed": 1}
    assert "cannot be read" in bench.differences()["a.jpg"]
    assert rebuild_one(bench.store, REQUIRED, "a.jpg").rebuilt == "failed"


def test_an_item_that_dynamodb_refuses_is_reported_and_the_others_are_written(bench: Rebuilding):
    """An item that is too large fails a whole transaction."""
    put, transact = bench.dynamodb.put_item, bench.dynamodb.transact_write_items

    def refusing(**request: Any) -> Any:
        if request["Item"]["image_key"]["S"] == "a.jpg":
            raise client_error("ValidationException", "PutItem")
        return put(**request)

    def refusing_together(**request: Any) -> Any:
        for each in request["TransactItems"]:
            if each["Put"]["Item"]["image_key"]["S"] == "a.jpg":
                raise client_error("ValidationException", "TransactWriteItems")
        return transact(**request)

    bench.dynamodb.put_item = refusing  # type: ignore[method-assign]
    bench.dynamodb.transact_write_items = refusing_together  # type: ignore[method-assign]
    for key in ("a.jpg", KEY):
        bench.lose(key)
    assert bench.rebuild() == {"same": 1, "written": 1, "failed": 1}
    assert list(bench.differences()) == ["a.jpg"]


def test_a_recorder_that_is_faster_than_the_rebuild_wins(bench: Rebuilding):
    """A newer upload is recorded while the scan is between an image's log and its status item."""
    bench.lose(KEY)
    bench.damage("a.jpg", status="banana")
    images, digests = list(bench.scan.images()), bench.scan.digests()
    newer = [uploaded(key, SECOND.replace("6", "7", 1)) for key in (KEY, "a.jpg")]
    bench.receive(*newer)
    images = [ScannedImage(each.image_key, bench.store.status(each.image_key), each.log) for each in images]
    bench.scan.images = lambda: iter(images)  # type: ignore[method-assign]
    bench.scan.digests = lambda: digests  # type: ignore[method-assign]
    bench.rebuild()
    for event in newer:
        status = bench.store.status(event.meta.image_key) or {}
        assert (status["revision"], status["status"]) == (event.meta.revision, "processing")


def test_while_an_image_is_worked_on_verify_looks_again_before_it_complains(bench: Rebuilding):
    bench.lose(KEY)

    class Busy(ManualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            bench.receive(story(KEY, SECOND)[0])

    bench.clock = Busy()
    assert bench.differences() == {}


def test_however_many_images_differ_verify_waits_for_all_of_them_together(bench: Rebuilding):
    before = bench.clock.monotonic()
    for key in KEYS:
        bench.damage(key, status="banana")
    assert bench.differences().keys() == set(KEYS)
    assert bench.clock.monotonic() - before == (LOOKS - 1) * SETTLE_SECONDS
