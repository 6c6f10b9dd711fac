"""verify finds what earlier versions left, and names the command that fixes it."""

from __future__ import annotations

from typing import Any

import pytest

from imagebus.history.fold import fold
from imagebus.history.required import DEFAULT, Required
from imagebus.identity import derived_prefix
from imagebus.testing import ManualClock
from imagebus_cli.operations.leftovers import checks
from imagebus_cli.operations.verify import Difference, verify_all
from imagebus_cli.stack import doctor
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.stack.findings import Verdict
from tests.unit.cli.test_images import stack
from tests.unit.core.events import FIRST, processed, recorded, story

__all__ = ["stack"]

REQUIRED = Required.parse(DEFAULT)
KEY = "it's a.jpg"
QUOTED = """'it'"'"'s a.jpg'"""


def log(stack: Stack, *, status: bool = True) -> None:
    events = story(KEY, FIRST)
    recorded_events = [recorded(event) for event in [*events, processed(events, clock=ManualClock())]]
    for event in recorded_events:
        stack.store.append(event)
    if status:
        assert stack.store.replace_status(fold(recorded_events, REQUIRED), None)


def found(stack: Stack, **options: Any) -> list[Difference]:
    looks = checks(stack, **({"objects": False} | options))
    differences = verify_all(stack.table.images(), stack.store, REQUIRED, ManualClock(), looks)
    return [each for each in differences if each is not None]


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
    assert (each.why, each.advice) == ("was erased, and parts of it are left", f"imagebus erase {QUOTED}")


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
