"""verify finds what earlier versions left, and names the command that fixes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from imagebus.events import caused_by, new_event
from imagebus.events.recipes import VariantsPruned
from imagebus.history.fold import fold
from imagebus.history.required import DEFAULT, Required
from imagebus.identity import derived_prefix, image_id, imported_revision
from imagebus.missed import Uploads
from imagebus.testing import ManualClock
from imagebus_cli.operations.leftovers import ERASED, Leftovers
from imagebus_cli.operations.verify import Difference, verify_all
from imagebus_cli.stack import doctor
from imagebus_cli.stack import find as where
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.stack.findings import Verdict
from tests.unit.cli.test_images import run, stack
from tests.unit.core.events import FIRST, SECOND, answer, asked, processed, recorded, story, uploaded

__all__ = ["stack"]

REQUIRED = Required.parse(DEFAULT)
KEY = "it's a.jpg"
QUOTED = """'it'"'"'s a.jpg'"""
FINISH = f"imagebus erase {QUOTED} --leftovers"


@pytest.fixture(autouse=True)
def current(monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 shows what the status does."""
    monkeypatch.setattr(Uploads, "why", lambda *_: "")


def log(stack: Stack, *, status: bool = True) -> None:
    events = story(KEY, FIRST)
    recorded_events = [recorded(event) for event in [*events, processed(events, clock=ManualClock())]]
    for event in recorded_events:
        stack.store.append(event)
    if status:
        assert stack.store.replace_status(fold(recorded_events, REQUIRED), None)


def found(stack: Stack, **options: Any) -> list[Difference]:
    left = Leftovers(stack, **({"objects": False} | options))
    images, checks = stack.table.images(), (left.checks, left.settling)
    differences = verify_all(images, stack.store, REQUIRED, ManualClock(), *checks)
    return [*(each for each in differences if each is not None), *left.versions(), *left.derived()]


def test_where_nothing_is_left_nothing_is_found(stack: Stack):
    log(stack)
    prefix = derived_prefix(KEY, FIRST)
    for name in ("thumbnails/100x100.png", "watermarked.png"):
        stack.s3.put_object(Bucket="images", Key=prefix + name, Body=b"x")
    assert found(stack, objects=True) == []


@pytest.mark.parametrize("status", [True, False])
def test_what_is_left_of_an_erased_image_is_erased_again(stack: Stack, status: bool):
    log(stack, status=status)
    stack.erasures.extend(KEY, through=FIRST)
    (each,) = found(stack)
    assert (each.why, each.advice) == (ERASED, FINISH)
    assert run("erase", KEY, "--leftovers", "--yes").exit_code == 0
    assert found(stack) == []
    assert stack.store.history(KEY) == []
    assert run("erase", KEY, "--leftovers", "--yes").exit_code == 1


@pytest.mark.parametrize("erased", [{"through": FIRST}, {"versions": ["v1"]}], ids=["revision", "version"])
def test_what_is_left_of_an_erased_upload_goes_and_a_later_upload_stays(stack: Stack, erased: Any):
    log(stack)
    stack.erasures.extend(KEY, **erased)
    later = new_event(uploaded().data, image_key=KEY, revision=SECOND, clock=ManualClock(), version_id="v2")
    again = recorded(later)
    stack.store.append(again)
    before = stack.store.status(KEY)
    assert stack.store.replace_status(fold([again], REQUIRED), before and before["log_digest"])
    for revision in (FIRST, SECOND):
        stack.s3.put_object(Bucket="images", Key=f"{derived_prefix(KEY, revision)}watermarked.png")
    (each,) = found(stack, objects=True)
    assert (each.why, each.advice) == (ERASED, FINISH)
    assert run("erase", KEY, "--leftovers", "--yes").exit_code == 0
    assert found(stack, objects=True) == []
    assert stack.store.history(KEY) == [again]
    (left,) = stack.s3.list_objects_v2(Bucket="images")["Contents"]
    assert left["Key"].startswith(derived_prefix(KEY, SECOND))


def test_a_note_beside_the_log_of_an_erased_image_is_found(stack: Stack):
    stack.erasures.extend(KEY, through=FIRST)
    stack.store.note_arrival({"image_key": KEY, "revision": FIRST}, "2026-07-14T12:00:00.000Z")
    (each,) = found(stack)
    assert (each.why, each.advice) == (ERASED, FINISH)


def test_a_version_of_an_erased_image_is_found_by_its_digest(stack: Stack):
    version = stack.s3.put_object(Bucket="uploads", Key=KEY, Body=b"x")["VersionId"]
    stack.erasures.extend(KEY, versions=[version])
    later = stack.s3.put_object(Bucket="uploads", Key=KEY, Body=b"y")["VersionId"]
    (each,) = found(stack, objects=True)
    assert (each.why, each.advice) == (ERASED, FINISH)
    assert run("erase", KEY, "--leftovers", "--yes").exit_code == 0
    assert found(stack, objects=True) == []
    (left,) = stack.s3.list_object_versions(Bucket="uploads")["Versions"]
    assert left["VersionId"] == later


def test_derived_objects_of_an_erased_image_are_named_by_its_id(stack: Stack):
    """Neither log nor version is left, so nobody knows the key."""
    stack.erasures.extend(KEY, through=FIRST)
    for revision in (FIRST, SECOND):
        stack.s3.put_object(Bucket="images", Key=f"{derived_prefix(KEY, revision)}watermarked.png")
    (each,) = found(stack, objects=True)
    assert each == Difference(
        image_id(KEY),
        "was erased, and derived objects are left",
        ("watermarked.png",),
        advice=f"aws s3 rm --recursive s3://images/{derived_prefix(KEY, FIRST)}",
    )


def test_the_command_looks_at_objects_only_on_request(stack: Stack):
    whole = Stack(stack.session, {**stack.outputs, "RequiredFacts": DEFAULT})
    whole.__dict__["dynamodb"] = stack.dynamodb
    stack.erasures.extend(KEY, through=FIRST)
    stack.s3.put_object(Bucket="images", Key=f"{derived_prefix(KEY, FIRST)}watermarked.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, "find", lambda *_, **__: whole)
        assert run("verify").exit_code == 0
        result = run("verify", "--objects")
    assert result.exit_code == 1
    assert "aws s3 rm --recursive s3://images/" in result.output
    (finding,) = doctor.images(whole)
    assert (finding.verdict, finding.message) == (
        Verdict.BAD,
        "1 of 1 differ; the first: was erased, and derived objects are left",
    )


def test_a_status_item_without_a_log_is_erased(stack: Stack):
    log(stack)
    for event in stack.store.history(KEY):
        sk = f"EVENT#{event.revision}#{event.event_id}"
        stack.dynamodb.delete_item(TableName="status", Key={"image_key": {"S": KEY}, "sk": {"S": sk}})
    (each,) = found(stack)
    assert (each.why, each.advice) == ("a status item without a log", f"imagebus erase {QUOTED}")


def test_a_log_without_a_status_item_is_rebuilt(stack: Stack):
    log(stack, status=False)
    (each,) = found(stack)
    assert (each.why, each.advice) == ("a log without a status item", f"imagebus rebuild --key {QUOTED}")


def test_missing_objects_are_found_on_request(stack: Stack):
    log(stack)
    stack.s3.put_object(Bucket="images", Key=f"{derived_prefix(KEY, FIRST)}watermarked.png", Body=b"x")
    assert found(stack) == []
    (each,) = found(stack, objects=True)
    assert (each.why, each.attributes) == ("derived objects are missing", ("thumbnails/100x100.png",))


@pytest.mark.parametrize("pruned", [False, True])
def test_missing_objects_of_a_backfill_are_found_unless_they_were_pruned(stack: Stack, pruned: bool):
    events = story()
    request = asked(events[1])
    of_backfill = answer(request)
    facts = [*events, request, of_backfill, processed(events, clock=ManualClock())]
    if pruned:
        data = VariantsPruned(retired=(of_backfill.meta.event_id,), objects=2, bytes=2)
        facts.append(caused_by(events[1].meta, data, clock=ManualClock()))
    for event in map(recorded, facts):
        stack.store.append(event)
    assert stack.store.replace_status(fold(list(map(recorded, facts)), REQUIRED), None)
    for name in ("thumbnails/100x100.png", "watermarked.png"):
        stack.s3.put_object(Bucket="images", Key=derived_prefix(events[1].meta.image_key, FIRST) + name)
    missing = [(each.why, each.attributes, each.advice) for each in found(stack, objects=True)]
    names = ("thumbnails/one.png", "thumbnails/two.png")
    advice = "upload it again, then imagebus recipe backfill"
    assert missing == ([] if pruned else [("derived objects are missing", names, advice)])


def test_derived_objects_of_an_erased_import_are_found(stack: Stack):
    """The erasure has the version only; a later import of the key, with a log, is left alone."""
    written = datetime(2026, 7, 14, tzinfo=UTC)
    erased, later = (imported_revision(written + timedelta(days), "v1") for days in (0, 1))
    stack.erasures.extend(KEY, versions=["another", "v1"])
    again = recorded(new_event(uploaded().data, image_key=KEY, revision=later, clock=ManualClock()))
    stack.store.append(again)
    assert stack.store.replace_status(fold([again], REQUIRED), None)
    for revision in (erased, later, imported_revision(written, "v2")):
        stack.s3.put_object(Bucket="images", Key=f"{derived_prefix(KEY, revision)}watermarked.png")
    (each,) = found(stack, objects=True)
    assert (each.why, each.advice) == (
        "was erased, and derived objects are left",
        f"aws s3 rm --recursive s3://images/{derived_prefix(KEY, erased)}",
    )


def test_doctor_looks_at_a_sample_and_says_what_to_run(stack: Stack):
    whole = Stack(stack.session, {**stack.outputs, "RequiredFacts": DEFAULT})
    whole.__dict__["dynamodb"] = stack.dynamodb
    log(stack)
    assert [each.verdict for each in doctor.images(whole)] == [Verdict.OK]
    stack.erasures.extend(KEY, through=FIRST)
    (finding,) = doctor.images(whole)
    assert finding.verdict is Verdict.BAD
    assert finding.advice.startswith(f"imagebus erase {QUOTED}")
    assert list(doctor.images(Stack(stack.session, {}))) == []
