"""One bad message fails alone, no failed message is lost, and every dead letter has a reason."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from imagebus.events import NotAnEvent
from imagebus.events.ingest import ImageUploaded
from imagebus.inbox import Delivery, Inbox, RetryLater, SQSQueue, backoff, one_by_one
from imagebus.testing import InMemorySQS, ManualClock, lambda_event, sqs_record
from imagebus.testing.errors import client_error
from tests.unit.core.events import envelope, uploaded

BODY = json.dumps({"source": "imagebus.x", "detail-type": "X", "detail": {}})


class Boom(Exception):
    pass


def failing(*bad: str) -> Any:
    def handle(delivery: Delivery) -> None:
        if delivery.message_id in bad:
            raise Boom("it is broken")

    return one_by_one(handle)


def batch(*ids: str, receive_count: int = 1) -> dict[str, Any]:
    return {
        "Records": [
            sqs_record(BODY, message_id=each, receipt_handle=f"r-{each}", receive_count=receive_count)
            for each in ids
        ]
    }


def failures(answer: dict[str, Any]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


class Queue:
    def __init__(self) -> None:
        self.delays: list[tuple[str, int]] = []
        self.dead: list[dict[str, str]] = []

    def delay(self, receipt_handle: str, seconds: int) -> None:
        self.delays.append((receipt_handle, seconds))

    def dead_letter(self, body: str, attributes: Any) -> None:
        self.dead.append(dict(attributes))


@pytest.mark.parametrize(
    ("error", "receive_count", "last", "counted"),
    [
        (Boom("it is broken"), 2, False, 1),
        (Boom("it is broken"), 5, True, 1),
        (RetryLater(31), 5, False, 0),
        (NotAnEvent("no such field"), 2, False, 1),
    ],
)
def test_a_failed_attempt_is_logged_and_counted_and_one_that_must_wait_is_only_logged(
    error: Exception,
    receive_count: int,
    last: bool,
    counted: int,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
):
    def handle(delivery: Delivery) -> None:
        raise error

    Inbox(one_by_one(handle), Queue(), max_receive_count=5)(batch("a", receive_count=receive_count))
    (line,) = (vars(each) for each in caplog.records if each.message == "not handled")
    assert {name: line[name] for name in ("message_id", "receive_count", "error", "dead_letter")} == {
        "message_id": "a",
        "receive_count": receive_count,
        "error": type(error).__name__,
        "dead_letter": last,
    }
    assert bool(line["exc_info"]) == isinstance(error, Boom), "only what nobody expects needs a traceback"
    assert capsys.readouterr().out.count('"FailedAttempts":') == counted


def test_who_must_wait_says_how_long():
    assert str(RetryLater(31)) == "retry in 31 s"


def test_one_bad_message_fails_alone():
    assert failures(Inbox(failing("b"))(batch("a", "b", "c"))) == ["b"]


def test_the_error_of_an_aws_call_is_named_by_its_code():
    def handle(_: Delivery) -> None:
        raise client_error("AccessDenied", "PutObject")

    queue = Queue()
    Inbox(one_by_one(handle), queue, max_receive_count=5)(batch("a", receive_count=5))
    assert queue.dead[0]["error_type"] == "AccessDenied"


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ReadTimeoutError(endpoint_url="https://s3"), "ReadTimeoutError"),
        (ClientError({}, "PutObject"), "ClientError"),
    ],
)
def test_an_aws_call_without_a_code_is_named_by_its_type(error: Exception, name: str):
    def handle(_: Delivery) -> None:
        raise error

    queue = Queue()
    Inbox(one_by_one(handle), queue, max_receive_count=5)(batch("a", receive_count=5))
    assert queue.dead[0]["error_type"] == name


def test_an_empty_batch_is_no_failure():
    assert Inbox(failing())({"Records": []}) == {"batchItemFailures": []}


def test_a_failed_message_comes_back_later_and_later():
    assert [backoff(count) for count in (1, 2, 3, 4, 20)] == [2, 4, 8, 16, 300]
    queue = Queue()
    answer = Inbox(failing("a"), queue, max_receive_count=5)(batch("a", receive_count=3))
    assert failures(answer) == ["a"]
    assert queue.delays == [("r-a", 8)]


def test_on_its_last_receive_a_message_goes_to_the_dead_letters_with_the_reason():
    queue = Queue()
    answer = Inbox(failing("a"), queue, max_receive_count=5)(batch("a", "b", receive_count=5))
    assert failures(answer) == []
    assert queue.dead == [{"error_type": "Boom", "message": "it is broken", "attempts": "5"}]


@pytest.mark.parametrize(
    ("words", "message"), [("", "no message"), ("x" * 1001, "x" * 1000)], ids=["none", "many"]
)
def test_a_dead_letter_has_a_message_that_sqs_takes(words: str, message: str):
    """An attribute must not be empty, and all of them are part of the message's size."""

    def fail(_: Delivery) -> None:
        raise Boom(words)

    queue = Queue()
    Inbox(one_by_one(fail), queue, max_receive_count=1)(batch("a"))
    assert queue.dead[0]["message"] == message


def test_when_the_dead_letters_cannot_be_reached_the_message_stays_in_the_inbox():
    class Unreachable(Queue):
        def dead_letter(self, body: str, attributes: Any) -> None:
            raise Boom

    answer = Inbox(failing("a"), Unreachable(), max_receive_count=5)(batch("a", receive_count=5))
    assert failures(answer) == ["a"]


def test_somebody_elses_work_is_waited_for_and_never_a_dead_letter():
    def busy(_: Delivery) -> None:
        raise RetryLater(31)

    queue = Queue()
    answer = Inbox(one_by_one(busy), queue, max_receive_count=5)(batch("a", receive_count=5))
    assert failures(answer) == ["a"]
    assert queue.delays == [("r-a", 31)]
    assert queue.dead == []


def test_deliveries_of_one_group_are_handled_and_fail_together():
    seen: list[list[str]] = []

    def handle(group: Sequence[Delivery]) -> None:
        seen.append([delivery.message_id for delivery in group])
        if len(group) == 2:
            raise Boom

    inbox = Inbox(handle, group_by=lambda delivery: delivery.message_id[0])
    assert failures(inbox(batch("a1", "b1", "a2"))) == ["a1", "a2"]
    assert seen == [["a1", "a2"], ["b1"]]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "null",
        "[]",
        "3",
        "[" * 100_000,
        "9" * 10_000,
        '{"detail-type": "X", "source": "s", "detail": []}',
        '{"detail-type": 1, "source": "s", "detail": {}}',
        '{"detail-type": "ImageUploaded", "source": "s", "detail": {"meta": "x", "data": [1]}}',
        '{"detail-type": "ImageUploaded", "source": "s", "detail": {"meta": {"schema_version": 1e999}}}',
        '{"detail-type": "X", "source": "s", "detail": {"x": NaN}}',
        '{"detail-type": "X", "source": "s", "detail": {}}',
        '{"detail-type": "X", "source": "s", "detail": {"meta": null}}',
        '{"detail-type": "RecipePromoted", "source": "s", "detail": {"meta": {}, "data": {}}}',
    ],
)
def test_poison_in_a_batch_fails_alone_also_where_groups_are_made_of_what_it_says(body: str):
    from recorder.handler import image_key

    handled: list[str] = []

    def handle(group: Sequence[Delivery]) -> None:
        for delivery in group:
            assert delivery.envelope
            handled.append(delivery.message_id)
            image_key(delivery)

    good = {"meta": {"image_key": "k"}}
    records = [
        sqs_record(body, message_id="poison"),
        sqs_record(json.dumps({"source": "s", "detail-type": "Y", "detail": good}), message_id="half good"),
    ]
    answer = Inbox(handle, group_by=image_key)({"Records": records})
    assert "poison" in failures(answer)
    assert handled[-1] == "half good"


def test_a_failing_message_goes_the_whole_way_through_a_real_queue():
    clock = ManualClock()
    sqs = InMemorySQS(clock)
    dead = sqs.add_queue("dead")
    inbox_url = sqs.add_queue("inbox", max_receive_count=5, dead_letter_url=dead)
    sqs.send_message(QueueUrl=inbox_url, MessageBody=BODY)
    queue = SQSQueue(lambda: sqs, inbox_url, dead)  # type: ignore[arg-type,return-value]
    inbox = Inbox(failing("m1"), queue, max_receive_count=5)
    waits = []
    while messages := sqs.receive_message(QueueUrl=inbox_url).get("Messages"):
        answer = inbox(lambda_event(messages, "arn"))
        if not failures(answer):
            sqs.delete_message(QueueUrl=inbox_url, ReceiptHandle=messages[0]["ReceiptHandle"])
            break
        visible = sqs.next_visible(inbox_url)
        assert visible is not None
        waits.append((visible - clock.now()).total_seconds())
        clock.advance(waits[-1])
    assert waits == [2, 4, 8, 16]
    (letter,) = sqs.receive_message(QueueUrl=dead)["Messages"]
    assert letter["Body"] == BODY
    assert letter["MessageAttributes"]["error_type"]["StringValue"] == "Boom"


def test_a_delivery_of_another_type_is_not_read_as_if_it_were_what_is_expected():
    body = envelope(uploaded())
    delivery = Delivery("m", "r", json.dumps(body), 1, "arn", {})
    assert delivery.event(ImageUploaded).data.bucket == "uploads"
    other = Delivery("m", "r", json.dumps(body | {"detail-type": "Other"}), 1, "arn", {})
    with pytest.raises(NotAnEvent, match="ImageUploaded"):
        other.event(ImageUploaded)
