"""A dead letter is a failure that can be retried, or is kept in quarantine; it is never dropped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from failures.dead_letter import handle_dead_letter
from failures.report import MAX_FAILED_EVENT_BYTES
from imagebus.bus import MAX_EVENT_BYTES, bus_entry, entry_bytes
from imagebus.identity import canonical_json, event_id, revision
from imagebus.inbox import Inbox, one_by_one
from imagebus.objects import S3ObjectStore
from imagebus.testing import InMemoryS3, ManualClock, RecordingBus, sqs_record
from imagebus.testing.s3 import Bucket
from tests.unit.core.events import AnEvent, envelope, failure, promoted, story, uploaded

ARN = "arn:aws:sqs:us-east-1:000000000000:imagebus_thumbnailer_dead_letters"
RULE = "arn:aws:events:us-east-1:000000000000:rule/imagebus/imagebus_labels"
S3_EVENT = {
    "source": "aws.s3",
    "detail-type": "Object Created",
    "detail": {"bucket": {"name": "b"}, "object": {"key": "k", "sequencer": "1f", "version-id": "v"}},
}


class Bench:
    def __init__(self) -> None:
        self.bus = RecordingBus()
        self.s3 = InMemoryS3({"quarantine": Bucket()})
        objects = S3ObjectStore(self.s3)  # type: ignore[arg-type]
        self.inbox = Inbox(
            one_by_one(lambda d: handle_dead_letter(d, self.bus, objects, "quarantine", ManualClock()))
        )

    def receive(self, body: str, **attributes: str) -> int:
        record = sqs_record(body, queue_arn=ARN, attributes=attributes)
        return len(self.inbox({"Records": [record]})["batchItemFailures"])

    @property
    def failure(self) -> AnEvent:
        (event,) = self.bus.events
        assert entry_bytes(bus_entry(event, "bus")) <= MAX_EVENT_BYTES
        return event

    @property
    def kept(self) -> list[dict[str, Any]]:
        return [json.loads(v[-1].body) for v in self.s3.buckets["quarantine"].keys.values()]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_it_says_which_stage_failed_on_what_and_why(bench: Bench):
    cause = story()[1]
    body = json.dumps(envelope(cause))
    assert bench.receive(body, error_type="Boom", message="no memory", attempts="5") == 0
    data = bench.failure.data
    assert (data.stage, data.error_type, data.message, data.attempts) == (
        "thumbnailer",
        "Boom",
        "no memory",
        5,
    )
    assert data.failed_event == json.loads(body)
    assert bench.failure.meta.causation_id == cause.meta.event_id
    assert bench.kept == []


def test_a_letter_that_sqs_moved_says_nothing_and_is_reported_all_the_same(bench: Bench):
    bench.receive(json.dumps(envelope(story()[1])))
    words = "the function reported no error: it timed out, crashed or ran out of memory"
    assert bench.failure.data.message == words
    assert (bench.failure.data.error_type, bench.failure.data.attempts) == ("Unknown", 0)


def test_words_of_an_error_are_as_long_as_the_contract_allows(bench: Bench):
    bench.receive(json.dumps(envelope(story()[1])), error_type="E" * 1000, message="m" * 100_000)
    data = bench.failure.data
    assert (data.error_type, data.message) == ("E" * 255, "m" * 1000)


@pytest.mark.parametrize("more", [0, 1])
def test_a_failure_carries_events_up_to_its_limit(bench: Bench, more: int):
    body = envelope(story()[1]) | {"padding": ""}
    body["padding"] = "x" * (MAX_FAILED_EVENT_BYTES + more - len(canonical_json(body)))
    bench.receive(json.dumps(body))
    assert (len(bench.bus.events), len(bench.kept)) == ((0, 1) if more else (1, 0))


def test_a_letter_of_no_known_stage_is_kept_under_that_name(bench: Bench):
    record = sqs_record("not JSON", queue_arn="arn:aws:sqs:us-east-1:000000000000:others")
    bench.inbox({"Records": [record]})
    (key,) = bench.s3.buckets["quarantine"].keys
    assert key.startswith("unknown/")


def test_what_eventbridge_could_not_deliver_names_its_rule(bench: Bench):
    bench.receive(
        json.dumps(envelope(story()[1])), RULE_ARN=RULE, ERROR_CODE="NO_PERMISSIONS", ERROR_MESSAGE="x"
    )
    assert (bench.failure.data.stage, bench.failure.data.error_type) == ("labels", "NO_PERMISSIONS")
    assert bench.failure.data.message == "x"


@pytest.mark.parametrize(("retries", "attempts"), [("0", 1), ("185", 186), ("", 1)])
def test_eventbridge_counts_retries_and_a_failure_counts_attempts(bench: Bench, retries: str, attempts: int):
    bench.receive(json.dumps(envelope(story()[1])), RULE_ARN=RULE, RETRY_ATTEMPTS=retries)
    assert bench.failure.data.attempts == attempts


def test_an_event_of_s3_fails_for_the_image_that_it_names(bench: Bench):
    bench.receive(json.dumps(S3_EVENT))
    meta = bench.failure.meta
    assert (meta.image_key, meta.revision, meta.version_id) == ("k", revision("1F"), "v")


def removal(deletion_type: str, **more: str) -> dict[str, Any]:
    detail = S3_EVENT["detail"] | {"deletion-type": deletion_type} | more  # type: ignore[operator]
    return S3_EVENT | {"detail-type": "Object Deleted", "detail": detail}


@pytest.mark.parametrize("reason", ["DeleteObject", "Lifecycle Expiration"])
def test_the_removal_of_a_version_is_kept_and_fails_no_image(bench: Bench, reason: str):
    body = json.dumps(removal("Permanently Deleted", reason=reason))
    assert bench.receive(body) == 0
    assert bench.bus.events == []
    assert bench.kept[0]["body"] == body
    assert bench.kept[0]["reason"].startswith("the removal of a version")


@pytest.mark.parametrize(
    ("event", "fact"),
    [(S3_EVENT, "ImageUploaded"), (removal("Delete Marker Created"), "ImageDeleted")],
    ids=["upload", "marker"],
)
def test_a_failure_of_ingest_has_the_correlation_of_the_fact_that_it_kept_back(
    bench: Bench, event: dict[str, Any], fact: str
):
    bench.receive(json.dumps(event))
    assert bench.failure.meta.correlation_id == event_id(fact, "k", revision("1F"))


@pytest.mark.parametrize("event", [envelope(story()[1]), S3_EVENT], ids=["ours", "of S3"])
def test_the_same_failure_again_is_the_same_event_and_another_stages_is_not(
    bench: Bench, event: dict[str, Any]
):
    body = json.dumps(event)
    for attributes in ({"attempts": "5"}, {"attempts": "9"}, {"RULE_ARN": RULE}):
        bench.receive(body, **attributes)
    one, two, other = [event.meta.event_id for event in bench.bus.events]
    assert one == two != other


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not JSON",
        "[" * 100_000,
        '{"source": "imagebus.x", "detail-type": "X", "detail": {}}',
        '{"source": "imagebus.x", "detail-type": "X", "detail": {"meta": "me"}}',
        json.dumps(S3_EVENT | {"detail": {"object": {"key": 1, "sequencer": 2}}}),
        '{"source": "aws.s3", "detail-type": "Object Created", "detail": {"object": []}}',
        '{"source": "x", "detail-type": "\\ud800", "detail": {}}',
        '{"source": "x", "detail-type": "X", "detail": {"x": Infinity}}',
        json.dumps(envelope(uploaded()) | {"padding": "x" * 60_000}),
        json.dumps(envelope(failure(uploaded(), "recorder", clock=ManualClock()))),
    ],
    ids=range(11),
)
def test_what_nobody_understands_is_kept_as_it_came(bench: Bench, body: str):
    assert bench.receive(body, error_type="Boom") == 0
    assert bench.bus.events == []
    (kept,) = bench.kept
    assert (kept["body"], kept["stage"], kept["attributes"]) == (body, "thumbnailer", {"error_type": "Boom"})


def test_quarantine_raises_an_alarm(bench: Bench, capsys: pytest.CaptureFixture[str]):
    bench.receive("not JSON")
    assert "Quarantined" in capsys.readouterr().out


def test_when_the_bus_refuses_the_letter_stays(bench: Bench):
    bench.bus.fails = 1
    assert bench.receive(json.dumps(envelope(uploaded()))) == 1
    assert bench.receive(json.dumps(envelope(uploaded()))) == 0


def test_when_quarantine_cannot_be_written_the_letter_stays(bench: Bench):
    bench.s3.buckets.clear()
    assert bench.receive("not JSON") == 1


@pytest.mark.parametrize(
    "attributes",
    [
        {"attempts": "many"},
        {"attempts": "9" * 5000},
        {"attempts": "1234567890"},
        {"attempts": "٣"},
        {"error_type": "", "message": ""},
        {"error_type": "E" * 1000, "message": "m" * 100_000},
    ],
)
def test_odd_attributes_do_not_keep_a_failure_from_being_told(bench: Bench, attributes: dict[str, str]):
    assert bench.receive(json.dumps(envelope(uploaded())), **attributes) == 0
    assert bench.failure.data.stage == "thumbnailer"
    assert bench.failure.data.attempts == 0, "what is not a number counts as unknown"


def test_a_promotion_that_could_not_be_delivered_names_no_image_and_is_kept(bench: Bench):
    body = json.dumps(envelope(promoted()))
    assert bench.receive(body, RULE_ARN=RULE) == 0
    assert bench.bus.events == []
    (kept,) = bench.kept
    assert (kept["reason"], kept["body"]) == ("the event names no image", body)


def test_what_is_kept_says_when_and_where_it_was_found_and_why(bench: Bench):
    bench.receive("not JSON", error_type="Boom")
    ((key, versions),) = bench.s3.buckets["quarantine"].keys.items()
    assert key == "thumbnailer/2026-01-02/m1.json"
    assert versions[-1].content_type == "application/json"
    kept = json.loads(versions[-1].body)
    assert kept.pop("reason")
    assert kept == {
        "stage": "thumbnailer",
        "quarantined_at": "2026-01-02T03:04:05.000Z",
        "queue": ARN,
        "attributes": {"error_type": "Boom"},
        "body": "not JSON",
    }
