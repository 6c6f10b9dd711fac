"""Every event is announced once, or twice if the notifier died between publishing and recording it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from imagebus.erasures import DynamoDBErasures
from imagebus.inbox import Inbox, one_by_one
from imagebus.testing import (
    InMemoryDynamoDB,
    InMemorySNS,
    ManualClock,
    RecordingBus,
    erasures_table,
    ledger_table,
    sqs_record,
)
from imagebus.testing.errors import client_error
from notifier.handler import notify_delivery
from notifier.ledger import LEASE_SECONDS, DynamoDBLedger
from notifier.messages import HANDLED, compose
from notifier.notify import SNSTopic, notify
from tests.unit.core.events import (
    FIRST,
    KEY,
    SECOND,
    AnEvent,
    asked,
    envelope,
    failure,
    processed,
    rejected,
    stalled,
    story,
    uploaded,
)


class Killed(BaseException):
    pass


class Bench:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.dynamodb = InMemoryDynamoDB({"ledger": ledger_table(), "erasures": erasures_table()})
        self.erasures = DynamoDBErasures(self.dynamodb, "erasures")  # type: ignore[arg-type]
        self.sns = InMemorySNS()
        self.queue = Delays()
        self.ledger = DynamoDBLedger(self.dynamodb, "ledger", self.clock, keep_days=400)  # type: ignore[arg-type]
        topic = SNSTopic(self.sns, "topic")  # type: ignore[arg-type]
        self.inbox = Inbox(
            one_by_one(lambda delivery: notify_delivery(delivery, self.ledger, topic, self.erasures)),
            self.queue,
            max_receive_count=5,
        )

    def receive(self, *events: AnEvent, receive_count: int = 1, **more: Any) -> int:
        """How many of them failed."""
        records = [
            sqs_record(json.dumps(envelope(event, **more)), message_id=str(n), receive_count=receive_count)
            for n, event in enumerate(events)
        ]
        return len(self.inbox({"Records": records})["batchItemFailures"])


class Delays(RecordingBus):
    def __init__(self) -> None:
        super().__init__()
        self.delays: list[int] = []
        self.letters: list[Any] | None = None

    def delay(self, receipt_handle: str, seconds: int) -> None:
        self.delays.append(seconds)

    def dead_letter(self, body: str, attributes: Any) -> None:
        assert self.letters is not None, "not yet"
        self.letters.append(attributes)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def finals() -> list[AnEvent]:
    clock = ManualClock()
    events = story(clock=clock)
    first = events[0]
    return [
        processed(events, clock=clock),
        rejected(first, clock=clock),
        failure(events[1], "thumbnailer", clock=clock),
        stalled(first, clock=clock),
    ]


def test_each_final_event_is_told(bench: Bench):
    assert bench.receive(*finals()) == 0
    assert [body["status"] for body in bench.sns.bodies()] == ["completed", "rejected", "failed", "failed"]


def test_mail_is_for_people_a_text_message_is_short_and_everything_else_is_for_machines(bench: Bench):
    event = finals()[2]
    bench.receive(event)
    message = compose(event)
    texts = {"email": message.text, "sms": message.subject, "sqs": message.body, "https": message.body}
    assert {protocol: bench.sns.received(protocol) for protocol in texts} == {
        protocol: [text] for protocol, text in texts.items()
    }
    (request,) = bench.sns.published
    attributes = {name: value["StringValue"] for name, value in request["MessageAttributes"].items()}
    assert (request["TopicArn"], request["Subject"], attributes) == (
        "topic",
        message.subject,
        message.attributes,
    )


def test_fifty_deliveries_of_one_event_are_one_notification(bench: Bench):
    assert bench.receive(*[finals()[0]] * 50) == 0
    assert len(bench.sns.published) == 1


def test_the_ledger_outlives_a_cold_start_and_a_year(bench: Bench):
    bench.receive(finals()[0])
    bench.clock.advance(366 * 86_400)
    bench.receive(finals()[0])
    assert len(bench.sns.published) == 1
    (entry,) = bench.dynamodb.tables["ledger"].items()
    assert int(entry["expires_at"]["N"]) > bench.clock.now().timestamp()


def test_a_replay_is_nobodys_news(bench: Bench):
    assert bench.receive(*finals(), **{"replay-name": "r"}) == 0
    assert bench.sns.published == []


def test_what_a_backfill_could_not_do_is_nobodys_news(bench: Bench):
    request = asked(story()[1])
    failed = [failure(request, stage, clock=ManualClock()) for stage in ("thumbnailer", "watermarker")]
    assert bench.receive(*failed) == 0
    assert bench.sns.published == []
    assert bench.receive(finals()[2]) == 0
    assert len(bench.sns.published) == 1


def test_while_another_notifier_is_at_it_the_event_waits(bench: Bench):
    event = finals()[0]
    assert bench.ledger.claim(event.meta.event_id) == "granted"
    assert bench.receive(event) == 1
    assert bench.queue.delays == [LEASE_SECONDS + 1]
    bench.ledger.mark_sent(event.meta.event_id)
    assert bench.receive(event) == 0
    assert bench.sns.published == []


def test_one_that_died_before_it_told_is_made_up_for_when_its_claim_lapses(bench: Bench):
    event = finals()[0]
    bench.ledger.claim(event.meta.event_id)
    bench.clock.advance(LEASE_SECONDS + 1)
    assert bench.receive(event) == 0
    assert len(bench.sns.published) == 1


def test_one_that_died_between_telling_and_marking_tells_again(bench: Bench):
    """The only way to be notified twice; docs/operations.md documents it."""
    event, mark = finals()[0], bench.ledger.mark_sent

    def die(event_id: str) -> None:
        raise Killed

    bench.ledger.mark_sent = die  # type: ignore[method-assign]
    with pytest.raises(Killed):
        bench.receive(event)
    bench.ledger.mark_sent = mark  # type: ignore[method-assign]
    assert bench.receive(event) == 1, "the claim holds"
    bench.clock.advance(LEASE_SECONDS + 1)
    assert bench.receive(event) == 0
    assert len(bench.sns.published) == 2


def test_a_table_that_refuses_the_mark_for_a_while_does_not_tell_twice(bench: Bench):
    real, refusals = bench.dynamodb.put_item, 5

    def put_item(**request: Any) -> Any:
        nonlocal refusals
        if request["Item"]["sending"]["S"] == "sent" and refusals:
            refusals -= 1
            raise client_error("ThrottlingException", "PutItem")
        return real(**request)

    bench.dynamodb.put_item = put_item  # type: ignore[method-assign]
    assert bench.receive(finals()[0]) == 0
    assert sum(bench.clock.slept) < LEASE_SECONDS
    bench.clock.advance(LEASE_SECONDS + 1)
    assert bench.receive(finals()[0]) == 0
    assert len(bench.sns.published) == 1


def test_a_mark_that_is_never_taken_is_tried_for_a_while_and_then_fails(bench: Bench):
    """A call that times out counts like one that is refused."""
    real, refusals = bench.dynamodb.put_item, 0

    def put_item(**request: Any) -> Any:
        nonlocal refusals
        if request["Item"]["sending"]["S"] == "claimed":
            return real(**request)
        refusals += 1
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    bench.dynamodb.put_item = put_item  # type: ignore[method-assign]
    assert bench.receive(finals()[0]) == 1
    assert bench.clock.slept == [0.1, 0.2, 0.4, 0.8, 1.6, 3, 3, 3, 3]
    assert refusals == 10
    assert bench.ledger.claim(finals()[0].meta.event_id) == "busy"


def test_a_refused_message_is_tried_again_at_once_and_not_when_its_claim_lapses(bench: Bench):
    real = bench.sns.publish

    def publish(**request: Any) -> Any:
        bench.sns.publish = real  # type: ignore[method-assign]
        raise client_error("ThrottledException", "Publish")

    bench.sns.publish = publish  # type: ignore[method-assign]
    assert bench.receive(finals()[0]) == 1
    assert bench.queue.delays == [2]
    assert bench.receive(finals()[0]) == 0
    assert len(bench.sns.published) == 1


def test_an_answer_that_never_came_may_have_been_a_yes_so_the_claim_stays(bench: Bench):
    def publish(**request: Any) -> Any:
        raise client_error("InternalError", "Publish", 500)

    bench.sns.publish = publish  # type: ignore[method-assign]
    assert bench.receive(finals()[0]) == 1
    assert bench.ledger.claim(finals()[0].meta.event_id) == "busy"


def test_a_slow_notifier_does_not_release_what_another_one_has_sent(bench: Bench):
    assert bench.ledger.claim("event") == "granted"
    bench.clock.advance(LEASE_SECONDS + 1)
    assert bench.ledger.claim("event") == "granted", "the first one is too slow"
    bench.ledger.mark_sent("event")
    with pytest.raises(ClientError):
        bench.ledger.release("event")
    assert bench.ledger.claim("event") == "sent"


def test_what_nobody_is_told_of_is_refused_and_says_so(bench: Bench):
    bench.queue.letters = []
    assert bench.receive(uploaded(), receive_count=5) == 0
    assert bench.sns.published == []
    (letter,) = bench.queue.letters
    assert (letter["error_type"], letter["message"]) == ("NotAnEvent", "no notification for ImageUploaded")


def test_what_has_just_been_sent_is_known_to_have_been_sent(bench: Bench):
    """A read that is not consistent may return what was there before."""
    real = bench.dynamodb.get_item
    bench.dynamodb.get_item = lambda **request: real(**request) if request.get("ConsistentRead") else {}  # type: ignore[method-assign]
    bench.receive(finals()[0])
    assert bench.ledger.claim(finals()[0].meta.event_id) == "sent"


def test_an_entry_that_expires_while_it_is_read_counts_as_claimed(bench: Bench):
    assert bench.ledger.claim("event") == "granted"
    bench.dynamodb.get_item = lambda **_: {}  # type: ignore[method-assign]
    assert bench.ledger.claim("event") == "busy"


def test_a_notification_costs_two_writes(bench: Bench):
    put, written = bench.dynamodb.put_item, []

    def put_item(**request: Any) -> Any:
        written.append(request["Item"]["sending"]["S"])
        return put(**request)

    bench.dynamodb.put_item = put_item  # type: ignore[method-assign]
    bench.receive(finals()[0])
    assert written == ["claimed", "sent"]


# --- the message ---


@pytest.mark.parametrize("number", range(4))
def test_a_person_can_read_it_and_a_machine_too(number: int):
    event = finals()[number]
    message = compose(event)
    body = json.loads(message.body)
    assert event.meta.image_key in message.text
    assert body["event"]["detail"] == json.loads(json.dumps(event.detail()))
    assert message.attributes["event"] == event.detail_type
    assert message.attributes["status"] == body["status"]
    assert HANDLED[event.detail_type] is type(event.data)


TEXTS = (
    (
        "completed",
        "Image processed",
        ["Done in 90.4 s.", "PNG, 640 x 480 pixels.", "labels: 1", "thumbnails: 2"],
    ),
    ("rejected", "Image rejected", ["Reason: corrupt. no", "The limit is 10, the image has 11."]),
    (
        "failed",
        "Processing failed in thumbnailer",
        [
            "Stage thumbnailer gave up after 5 attempts.",
            "Boom: m",
            "After fixing the cause, run `imagebus retry` to send the event to the stage again.",
        ],
    ),
    ("failed", "Processing stalled", ["Waited 900 s for ThumbnailsCreated."]),
)
DETAILS: tuple[dict[str, Any], ...] = (
    {"width": 640, "height": 480, "duration_ms": 90_440, "counts": {"thumbnails": 2, "labels": 1}},
    {"limit": 10, "actual": 11},
    {},
    {},
)


@pytest.mark.parametrize("number", range(4))
def test_the_words_of_every_notification(number: int):
    status, summary, lines = TEXTS[number]
    event = finals()[number]
    event = replace(event, data=msgspec.structs.replace(event.data, **DETAILS[number]))
    message, meta = compose(event), event.meta
    assert message.text.splitlines() == [
        f"{summary}: {KEY}",
        "",
        *lines,
        "",
        f"At {meta.occurred_at}, revision {meta.revision}",
        f"Event {event.detail_type} {meta.event_id}",
    ]
    assert message.subject == f"{summary}: {KEY}"
    image_format = "PNG" if number == 0 else "unknown"
    assert message.attributes == {"status": status, "event": event.detail_type, "format": image_format}
    machine = {"status": status, "image_key": KEY, "summary": summary, "text": message.text}
    inner = {"source": event.source, "detail-type": event.detail_type, "detail": event.detail()}
    assert json.loads(message.body) == machine | {"event": json.loads(json.dumps(inner))}


def test_a_failure_names_the_image_and_the_stage():
    message = compose(finals()[2])
    assert "thumbnailer" in message.subject
    assert "a+b" in message.subject
    assert "Boom" in message.text


@pytest.mark.parametrize("key", ["漢字/🌅.jpg", "a\nb.jpg", "x" * 1024, "é" * 400 + "/end.jpg", "\x7f\x00"])
def test_a_subject_is_what_sns_takes_whatever_the_key_is(key: str):
    clock = ManualClock()
    message = compose(processed(story(key, clock=clock), clock=clock))
    assert message.subject.isascii()
    assert message.subject.isprintable()
    assert len(message.subject) <= 100


def test_a_subject_has_a_question_mark_for_every_character_that_sns_refuses():
    clock = ManualClock()
    assert compose(processed(story("漢字/~ ä.jpg", clock=clock), clock=clock)).subject == (
        "Image processed: ??/~ ?.jpg"
    )


def test_a_key_is_shortened_only_if_the_subject_would_have_a_hundred_characters():
    clock = ManualClock()
    subjects = [
        compose(processed(story("k" * length, clock=clock), clock=clock)).subject for length in (82, 83)
    ]
    assert subjects == ["Image processed: " + "k" * 82, "Image processed: ..." + "k" * 79]


@pytest.mark.parametrize("how", [{"through": FIRST}, {"versions": ["v1"]}], ids=["revision", "version"])
def test_nobody_is_notified_about_an_erased_image(bench: Bench, how: dict[str, Any]):
    bench.erasures.extend(KEY, **how)
    failed = failure(uploaded(), "thumbnailer", clock=bench.clock)
    assert bench.receive(failed) == 0
    assert bench.sns.published == []
    again = uploaded(rev=SECOND)
    later = replace(again, meta=msgspec.structs.replace(again.meta, version_id="v2"))
    assert bench.receive(failure(later, "thumbnailer", clock=bench.clock)) == 0
    assert len(bench.sns.published) == 1


@pytest.mark.parametrize(
    ("known", "line"),
    [
        ({"format": "PNG", "width": None, "height": None}, "PNG."),
        ({"format": None, "width": 640, "height": 480}, "640 x 480 pixels."),
        ({"format": None, "width": None, "height": None}, None),
        ({"format": None, "width": 640, "height": None}, None),
        ({"format": None, "width": None, "height": 480}, None),
    ],
)
def test_a_notification_says_what_is_known_of_the_image(known: dict[str, Any], line: str | None):
    event = finals()[0]
    event = replace(event, data=msgspec.structs.replace(event.data, **known))
    lines = compose(event).text.splitlines()
    assert "None" not in " ".join(lines)
    assert [each for each in lines if each.endswith("pixels.") or each.startswith("PNG")] == (
        [line] if line else []
    )


def test_a_rejection_names_a_limit_only_if_there_is_one():
    lines = compose(finals()[1]).text.splitlines()
    assert lines[2:4] == ["Reason: corrupt. no", ""]


@pytest.mark.parametrize(
    ("missing", "words"),
    [((), "the first event"), (("MetadataExtracted", "A|B"), "MetadataExtracted, A|B")],
)
def test_a_stall_names_what_is_waited_for(missing: tuple[str, ...], words: str):
    event = finals()[3]
    event = replace(event, data=msgspec.structs.replace(event.data, missing=missing))
    assert f"Waited 900 s for {words}." in compose(event).text.splitlines()


def test_who_notifies_knows_whether_it_was_the_one(bench: Bench):
    topic = SNSTopic(bench.sns, "topic")  # type: ignore[arg-type]
    assert [notify(finals()[0], bench.ledger, topic) for _ in range(2)] == [True, False]
