"""The fold is a pure function of a set of events: order, repetition and older uploads change nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagebus.events import caused_by
from imagebus.events.thumbnailer import ThumbnailsCreated
from imagebus.history.fold import canonical, fold
from imagebus.history.recorded import RecordedEvent, latest_revision
from imagebus.history.required import DEFAULT, Required
from imagebus.identity import revision
from imagebus.store import marshal_item, unmarshal_item
from imagebus.testing import ManualClock
from tests.unit.core.events import (
    FIRST,
    KEY,
    SECOND,
    AnEvent,
    deleted,
    failure,
    processed,
    recorded,
    rejected,
    stalled,
    story,
    uploaded,
)

REQUIRED = Required.parse(DEFAULT)


def log_of(*events: AnEvent) -> list[RecordedEvent]:
    return [recorded(event) for event in events]


def whole(rev: str = FIRST) -> list[RecordedEvent]:
    """Everything that can happen to one revision, with a retry of one fact."""
    clock = ManualClock()
    events = story(rev=rev, clock=clock)
    clock.advance(1)
    again = story(rev=rev, clock=clock)[2]  # the same id, later
    events += [failure(events[1], "thumbnailer", clock=clock), again, processed(events, clock=clock)]
    return log_of(*events)


@pytest.mark.slow
def test_all_orders_of_eight_events_give_one_identical_item():
    """Six events, two of them twice. Half as many orders for each: its copies are one and the same object."""
    clock = ManualClock()
    events = story(clock=clock)[:5]
    six = log_of(*events, failure(events[1], "labels", clock=clock))
    expected = canonical(fold(six, REQUIRED))
    orders = set(permutations([0, 1, 2, 3, 4, 5, 1, 3]))
    assert len(orders) == 40_320 // 2 // 2
    for order in orders:
        assert canonical(fold([six[number] for number in order], REQUIRED)) == expected


EVENTS = [
    *whole(FIRST),
    *whole(SECOND),
    *whole(revision("0055AED6DCD9")),
    *whole(revision("0055AED6DCD90281E500")),
]
sets = st.lists(st.sampled_from(EVENTS), min_size=1, max_size=30)


@given(sets, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(events: list[RecordedEvent], random):
    shuffled = [*events, *random.choices(events, k=5)]
    random.shuffle(shuffled)
    assert canonical(fold(shuffled, REQUIRED)) == canonical(fold(events, REQUIRED))


@given(sets, sets, sets)
def test_merging_logs_is_associative_commutative_and_idempotent(one, two, three):
    def merge(a: list[RecordedEvent], b: list[RecordedEvent]) -> list[RecordedEvent]:
        return latest_revision([*a, *b])

    assert merge(one, two) == merge(two, one)
    assert merge(merge(one, two), three) == merge(one, merge(two, three))
    assert merge(one, one) == latest_revision(one)
    assert fold(merge(one, two), REQUIRED) == fold([*one, *two], REQUIRED)


@given(sets)
def test_only_the_highest_revision_counts_however_long_its_sequencer_is(events: list[RecordedEvent]):
    highest = max(event.revision for event in events)
    item = fold(events, REQUIRED)
    assert item["revision"] == highest
    assert item == fold([event for event in events if event.revision == highest], REQUIRED)
    assert highest in item.get("thumbnails", [{"key": highest}])[0]["key"]


@given(st.lists(st.text("0123456789ABCDEF", min_size=1, max_size=20), min_size=1, max_size=6, unique=True))
def test_the_newest_sequencer_wins_as_s3_compares_them(sequencers: list[str]):
    newest = max(sequencers, key=lambda each: int(each.ljust(32, "0"), 16))
    events = log_of(*(uploaded(rev=revision(each)) for each in sequencers))
    assert fold(events, REQUIRED)["revision"] == revision(newest)


@given(sets)
@settings(max_examples=50)
def test_an_item_is_what_dynamodb_gives_back(events: list[RecordedEvent]):
    item = fold(events, REQUIRED)
    assert unmarshal_item(json.loads(json.dumps(marshal_item(item)))) == item


def test_of_two_events_with_one_id_the_earlier_stays():
    early, late = log_of(uploaded(clock=ManualClock())), []
    clock = ManualClock()
    clock.advance(5)
    late = log_of(uploaded(clock=clock))
    assert latest_revision([*late, *early]) == early == latest_revision([*early, *late])


def removal_failed() -> RecordedEvent:
    """ingest gave up on the removal of an old version, as earlier versions reported it."""
    event = {
        "source": "aws.s3",
        "detail-type": "Object Deleted",
        "detail": {"deletion-type": "Permanently Deleted"},
    }
    failed = failure(uploaded(rev=SECOND), "ingest", clock=ManualClock())
    return recorded(replace(failed, data=msgspec.structs.replace(failed.data, failed_event=event)))


def foreign(rev: str) -> RecordedEvent:
    return replace(recorded(uploaded(rev=rev)), source="tagger.app", detail_type="TagsAssigned")


def failed_on(**failed_event: Any) -> RecordedEvent:
    """The notifier gave up on such an event of the second revision."""
    failed = failure(uploaded(rev=SECOND), "notifier", clock=ManualClock(), **failed_event)
    return recorded(failed)


STRAYS = {
    "failed removal": removal_failed(),
    "foreign": foreign(SECOND),
    "failed on a failure": failed_on(**{"detail-type": "ProcessingFailed"}),
    "failed on a foreign one": failed_on(**{"detail-type": "TagsAssigned", "source": "tagger.app"}),
}


@pytest.mark.parametrize("stray", STRAYS.values(), ids=STRAYS.keys())
def test_an_event_that_shows_no_upload_opens_no_revision(stray: RecordedEvent):
    log = whole(FIRST)
    assert fold([*log, stray], REQUIRED) == fold(log, REQUIRED)
    with pytest.raises(ValueError, match="nothing"):
        fold([stray], REQUIRED)


def test_nothing_cannot_be_folded():
    with pytest.raises(ValueError, match="nothing"):
        fold([], REQUIRED)


# --- what a user wants to know ---


def status(*events: AnEvent) -> tuple[str, str | None]:
    item = fold(log_of(*events), REQUIRED)
    return item["status"], item.get("reason")


def test_an_image_is_processing_until_the_final_event_is_in_the_log():
    clock = ManualClock()
    events = story(clock=clock)
    for number in range(1, len(events) + 1):
        assert status(*events[:number]) == ("processing", None)
    assert status(*events, processed(events, clock=clock)) == ("completed", None)


def test_it_says_what_is_outstanding():
    events = story()
    assert fold(log_of(*events[:3]), REQUIRED)["outstanding"] == [
        "ImageWatermarked|WatermarkSkipped",
        "MetadataExtracted",
        "LabelsDetected|LabelsSkipped",
    ]
    assert fold(log_of(*events), REQUIRED)["outstanding"] == []


def test_a_rejection_is_the_end():
    clock = ManualClock()
    first = uploaded(clock=clock)
    assert status(first, rejected(first, clock=clock)) == ("rejected", "corrupt")


def test_a_failed_stage_is_named_until_a_retry_makes_up_for_it():
    clock = ManualClock()
    events = story(clock=clock)
    thumbnails, rest = events[2], [*events[:2], *events[3:]]
    failed = failure(events[1], "thumbnailer", clock=clock)
    assert status(*rest, failed) == ("failed", "thumbnailer: Boom")
    assert fold(log_of(*rest, failed), REQUIRED)["failures"][0]["message"] == "m"
    assert status(*rest, failed, thumbnails) == ("processing", None)
    assert status(*events, failed, processed(events, clock=clock)) == ("completed", None)


def test_a_failed_stage_that_is_not_required_holds_nothing_up():
    clock = ManualClock()
    events = story(clock=clock)
    required = Required.parse("MetadataExtracted")
    failed = failure(events[1], "thumbnailer", clock=clock)
    assert fold(log_of(*events[:2], failed), required)["status"] == "processing"
    assert status(*events[:2], failure(events[1], "notifier", clock=clock)) == ("processing", None)


@pytest.mark.parametrize("stage", ["ingest", "validator"])
def test_what_fails_upstream_fails_the_image(stage: str):
    clock = ManualClock()
    first = uploaded(clock=clock)
    failed = failure(first, stage, clock=clock)
    events = [failed] if stage == "ingest" else [first, failed]
    assert status(*events)[0] == "failed"


def test_a_stalled_image_has_failed_until_its_facts_come_after_all():
    clock = ManualClock()
    events = story(clock=clock)
    late = stalled(events[0], clock=clock)
    assert status(*events[:2], late) == ("failed", "stalled")
    assert status(*events, late) == ("processing", None)
    assert status(*events, late, processed(events, clock=clock)) == ("completed", None)


def test_a_deletion_is_a_newer_revision_that_shows_nothing_of_the_image():
    item = fold(log_of(*story(), deleted()), REQUIRED)
    assert (item["status"], item["revision"]) == ("deleted", SECOND)
    assert "thumbnails" not in item
    assert "sha256" not in item


def thumbnails(recipe: str, generation: int | None, seconds: float) -> RecordedEvent:
    clock = ManualClock()
    clock.advance(seconds)
    data = ThumbnailsCreated(
        recipe=recipe, items=(), generation=generation, still=recipe.endswith("b") or None
    )
    return recorded(caused_by(uploaded().meta, data, clock=clock, discriminator=f"{recipe}#{generation}"))


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (("2026-11.3/a", 1), ("2026-11.3/b", 2)),
        (("2026-11.3/a", None), ("2026-11.3/b", 1)),
        (("2026-11.3/a", 1), ("2026-11.10/b", 1)),
        (("2026-12.1/a", 2), ("2026-11.3/b", 3)),
    ],
)
def test_of_two_recipes_the_newer_shows_whatever_the_clocks_say(
    older: tuple[str, int | None], newer: tuple[str, int | None]
):
    late, early = thumbnails(*older, seconds=9), thumbnails(*newer, seconds=1)
    log = [*log_of(uploaded()), late, early]
    item = fold(log, REQUIRED)
    assert item["still"] is True
    assert item["stages"]["thumbnailer"]["at"] == early.occurred_at
    assert item == fold(log[::-1], REQUIRED)


def test_a_late_thumbnail_never_shows_in_a_newer_upload():
    old, new = story(), uploaded(rev=SECOND)
    assert fold(log_of(new, *old), REQUIRED) == fold(log_of(new), REQUIRED)


def test_the_item_has_what_a_user_asks_for():
    clock = ManualClock()
    events = story(clock=clock)
    item = fold(log_of(*events, processed(events, clock=clock)), REQUIRED)
    assert item["image_key"] == KEY
    assert (item["version_id"], item["size"], item["format"], item["width"]) == ("v1", 1000, "PNG", 640)
    assert item["thumbnails"][0]["name"] == "100x100"
    assert item["watermarked"]["key"].endswith("watermarked.png")
    assert item["metadata"]["properties"] == {"ratio": 1.5, "whole": 2}
    assert item["labels_skipped"] == "none"
    assert item["stages"]["validator"]["ms"] == 100
    assert item["created_at"] == "2026-01-02T03:04:05.000Z"
    assert item["completed_at"] == "2026-01-02T03:04:05.500Z"


def test_the_item_has_the_metadata_that_came_with_the_upload_if_there_was_some():
    first, validated, *facts = story()
    assert "user_metadata" not in fold(log_of(first, validated, *facts), REQUIRED)
    said = msgspec.structs.replace(validated.data, user_metadata={"album": "Grüße"})
    item = fold(log_of(first, replace(validated, data=said), *facts), REQUIRED)
    assert item["user_metadata"] == {"album": "Grüße"}


def test_another_teams_fact_is_kept_in_the_log_and_changes_nothing_of_the_image():
    events = log_of(*story())
    meta = {**events[0].meta, "event_id": "00000000-0000-5000-8000-000000000000"}
    strange = RecordedEvent("imagebus.other", "ImageLiked", {"meta": meta, "data": {"by": "me"}})
    with_it, without = fold([*events, strange], REQUIRED), fold(events, REQUIRED)
    for name in ("status", "outstanding", "stages", "thumbnails", "failures"):
        assert with_it[name] == without[name]
    assert with_it["log_digest"] != without["log_digest"]


def test_at_least_one_fact_must_be_required():
    with pytest.raises(ValueError, match="at least one"):
        Required.parse("  ")
