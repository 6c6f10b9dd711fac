"""The adapters behave the same on moto and on the in-memory AWS, so the fakes match the services."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from imagebus.erasures import DynamoDBErasures, Erasure
from imagebus.events import caused_by
from imagebus.events.analyzer import Label, LabelsDetected
from imagebus.history.fold import fold
from imagebus.history.labels import label_rows
from imagebus.history.required import DEFAULT, Required
from imagebus.identity import SHARDS
from imagebus.inbox import SQSQueue
from imagebus.listing import Filters, ImageIndex
from imagebus.objects import Gone, ObjectRef, S3ObjectStore, Superseded
from imagebus.recipes.model import RecipeSet
from imagebus.recipes.store import DynamoDBRecipes, PromotedMeanwhile, UnknownRecipe
from imagebus.store import DynamoDBEventStore
from imagebus.testing import (
    InMemoryDynamoDB,
    InMemoryS3,
    InMemorySNS,
    InMemorySQS,
    ManualClock,
    erasures_table,
    errors,
    ledger_table,
    recipes_table,
    status_table,
)
from imagebus.testing.s3 import Bucket
from imagebus_cli.operations.table import StatusTable
from notifier.ledger import LEASE_SECONDS, DynamoDBLedger
from notifier.messages import compose
from notifier.notify import Refused, SNSTopic
from tests.tables import create_table
from tests.unit.core.events import FIRST, KEY, SECOND, processed, recorded, story, uploaded

REQUIRED = Required.parse(DEFAULT)


@dataclass
class Aws:
    dynamodb: Any
    s3: Any
    sqs: Any
    sns: Any
    inbox: str
    dead: str
    topic: str


@pytest.fixture(params=["moto", "memory", "memory, small pages"])
def aws(request: pytest.FixtureRequest) -> Iterator[Aws]:
    if request.param != "moto":
        page = 2 if "small" in request.param else 1000
        sqs = InMemorySQS(ManualClock())
        dead = sqs.add_queue("dead")
        yield Aws(
            InMemoryDynamoDB(
                {
                    "status": status_table(),
                    "ledger": ledger_table(),
                    "erasures": erasures_table(),
                    "recipes": recipes_table(),
                },
                page,
            ),
            InMemoryS3({"uploads": Bucket(versioned=True), "images": Bucket()}),
            sqs,
            InMemorySNS(),
            sqs.add_queue("inbox", max_receive_count=2, dead_letter_url=dead),
            dead,
            "topic",
        )
        return
    with mock_aws():
        yield _moto()


def _moto() -> Aws:
    dynamodb, s3, sqs, sns = (boto3.client(each) for each in ("dynamodb", "s3", "sqs", "sns"))  # type: ignore[call-overload]
    create_table(dynamodb, "status")
    create_table(dynamodb, "ledger", "LedgerTable")
    create_table(dynamodb, "erasures", "ErasuresTable")
    create_table(dynamodb, "recipes", "RecipesTable")
    for bucket in ("uploads", "images"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket="uploads", VersioningConfiguration={"Status": "Enabled"})
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "2"})
    inbox = sqs.create_queue(QueueName="inbox", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    return Aws(dynamodb, s3, sqs, sns, inbox, dead, sns.create_topic(Name="topic")["TopicArn"])


def _keys(hash_key: str, range_key: str | None = None) -> list[dict[str, str]]:
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return keys + ([{"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else [])


# --- the event store ---


@pytest.fixture
def store(aws: Aws) -> DynamoDBEventStore:
    return DynamoDBEventStore(aws.dynamodb, "status")


def test_the_newest_revision_is_read_and_the_others_are_kept(store: DynamoDBEventStore):
    old, new = [recorded(e) for e in story(rev=FIRST)], [recorded(e) for e in story(rev=SECOND)[:3]]
    for event in [*old, *new]:
        store.append(event)
    assert {e.event_id for e in store.latest(KEY)} == {e.event_id for e in new}
    assert {e.event_id for e in store.history(KEY)} == {e.event_id for e in [*old, *new]}
    assert store.latest("unknown") == []


def test_of_two_events_with_one_id_the_earlier_stays_in_either_order(store: DynamoDBEventStore):
    clock = ManualClock()
    clock.advance(3)
    for key, order in (("a", (ManualClock(), clock)), ("b", (clock, ManualClock()))):
        for each in order:
            store.append(recorded(uploaded(key, clock=each)))
        assert store.latest(key) == [recorded(uploaded(key))]


def test_of_two_events_of_one_moment_the_smaller_text_stays(store: DynamoDBEventStore):
    one, two = recorded(uploaded()), recorded(uploaded())
    two.detail["data"]["reason"] = "AAA"  # type: ignore[index]
    for event in (one, two, one):
        store.append(event)
    assert store.latest(KEY) == [two]


def test_a_status_item_is_replaced_only_while_it_is_the_expected_one(store: DynamoDBEventStore):
    item = fold([recorded(e) for e in story()], REQUIRED)
    assert store.status(KEY) is None
    assert not store.replace_status(item, "something")
    assert store.replace_status(item, None)
    assert not store.replace_status(item, None)
    assert store.status(KEY) == item
    newer = {**item, "log_digest": "next"}
    assert not store.replace_status(newer, "something")
    assert store.replace_status(newer, item["log_digest"])
    assert store.status(KEY) == newer


def test_rows_of_labels_change_with_their_status_item_or_not_at_all(store: DynamoDBEventStore):
    first, *_ = events = story()

    def labelled(*names: str):
        labels = tuple(Label(name=name, confidence=90, parents=()) for name in names)
        fact = caused_by(first.meta, LabelsDetected(labels=labels, model_versions={}), clock=ManualClock())
        return fold([recorded(each) for each in (*events, fact)], REQUIRED)

    one, two = labelled("Sea", "Beach"), labelled("Dog", "beach")
    assert store.replace_status(one, None, [])
    assert store.label_rows(KEY) == label_rows(one)
    assert [row["sk"] for row in label_rows(one)] == ["LABEL#beach", "LABEL#sea"]
    assert not store.replace_status(two, "something", label_rows(one))
    assert store.label_rows(KEY) == label_rows(one)
    assert store.replace_status(two, one["log_digest"], label_rows(one))
    assert store.label_rows(KEY) == label_rows(two)
    assert store.status(KEY) == two
    store.withdraw_status(one)
    assert store.status(KEY) == two
    store.withdraw_status(two)
    assert (store.status(KEY), store.label_rows(KEY)) == (None, [])


@pytest.mark.parametrize("code", ["ConditionalCheckFailed", "TransactionConflict", "ValidationError"])
def test_only_a_lost_race_is_taken_for_one(
    store: DynamoDBEventStore, monkeypatch: pytest.MonkeyPatch, code: str
):
    """An item that DynamoDB cannot take would be tried again twenty times, and then look contended."""
    events = story()
    fact = LabelsDetected(labels=(Label(name="Sea", confidence=90, parents=()),), model_versions={})
    found = caused_by(events[0].meta, fact, clock=ManualClock())
    item = fold([recorded(each) for each in (*events, found)], REQUIRED)
    refused = errors.TransactionCanceledException("TransactWriteItems", ["None", code])
    exceptions = SimpleNamespace(TransactionCanceledException=errors.TransactionCanceledException)

    def refuse(**_: object) -> None:
        raise refused

    monkeypatch.setattr(store, "_client", SimpleNamespace(transact_write_items=refuse, exceptions=exceptions))
    if code == "ValidationError":
        with pytest.raises(errors.TransactionCanceledException):
            store.replace_status(item, None, [])
    else:
        assert not store.replace_status(item, None, [])


@pytest.fixture
def table(aws: Aws) -> StatusTable:
    return StatusTable(aws.dynamodb, "status")


def test_status_items_are_replaced_together_or_not_at_all(store: DynamoDBEventStore, table: StatusTable):
    a, b, c = (fold([recorded(uploaded(key))], REQUIRED) for key in "abc")
    assert table.replace_statuses([(a, None), (b, None)])
    changed = {**a, "status": "other"}
    assert not table.replace_statuses([(changed, a["log_digest"]), (c, "something")])
    assert (store.status("a"), store.status("c")) == (a, None)
    assert table.replace_statuses([(changed, a["log_digest"]), (c, None)])
    assert (store.status("a"), store.status("c")) == (changed, c)


def test_the_indexes_list_by_status_and_age(aws: Aws, store: DynamoDBEventStore):
    for number in range(9):
        item = fold([recorded(uploaded(f"{number}.jpg"))], REQUIRED)
        status = "failed" if number >= 6 else "processing"
        shard = item["status_shard"].split("#")[1]
        listed_at = f"2026-01-0{number + 1}"
        store.replace_status({**item, "status_shard": f"{status}#{shard}", "listed_at": listed_at}, None)
    index = ImageIndex(aws.dynamodb, "status")
    before = [index.of_shard(number, "processing", "2026-01-04") for number in range(SHARDS)]
    assert {item["image_key"] for item in chain.from_iterable(before)} == {"0.jpg", "1.jpg", "2.jpg"}
    assert {item["image_key"] for item in index.with_status("failed")} == {"6.jpg", "7.jpg", "8.jpg"}
    between = index.newest(Filters(since="2026-01-02", until="2026-01-04"), 9, None)
    assert [item["image_key"] for item in between.items] == ["3.jpg", "2.jpg", "1.jpg"]


def test_a_scan_reads_every_image_whole(store: DynamoDBEventStore, table: StatusTable):
    for key in ("a", "b", "c"):
        for rev in (FIRST, SECOND):
            for event in story(key, rev):
                store.append(recorded(event))
    store.replace_status(fold(store.latest("b"), REQUIRED), None)
    images = {image.image_key: image for image in table.images()}
    assert images.keys() == {"a", "b", "c"} == set(table.image_keys())
    for key, image in images.items():
        assert {e.event_id for e in image.log} == {e.event_id for e in store.latest(key)}
        assert image.status == store.status(key)
    assert table.digests() == {"b": images["b"].status["log_digest"]}


# --- the ledger ---


def test_a_claim_is_granted_once_until_it_lapses_and_a_mark_is_for_good(aws: Aws):
    clock = ManualClock()
    ledger = DynamoDBLedger(aws.dynamodb, "ledger", clock, keep_days=400)
    assert [ledger.claim("e") for _ in range(2)] == ["granted", "busy"]
    clock.advance(LEASE_SECONDS + 1)
    assert ledger.claim("e") == "granted"
    ledger.release("e")
    assert ledger.claim("e") == "granted"
    ledger.mark_sent("e")
    clock.advance(LEASE_SECONDS + 1)
    assert ledger.claim("e") == "sent"
    assert ledger.claim("other") == "granted"


# --- recipes ---


def one(width: int) -> RecipeSet:
    return RecipeSet.read({"recipes": [{"name": "all", "variants": {"a": {"width": width}}}]})


def test_recipes_are_found_by_id_and_of_two_promotions_at_once_one_is_refused(aws: Aws):
    first, second = [DynamoDBRecipes(aws.dynamodb, "recipes", ManualClock()) for _ in range(2)]
    with pytest.raises(UnknownRecipe):
        first.default()
    first.use_default(one(1).recipes[0].recipe)
    assert second.default() == second.recipe(one(1).recipes[0].recipe.id)
    assert second.active().current is None

    def meanwhile(recipes: RecipeSet) -> None:
        """Between what a promotion reads and what it writes."""
        assert first.promote(recipes, "one")

    switch = second._switch
    for width in (2, 4):  # the first promotion of all, and a later one
        second._switch = lambda *a, width=width: (meanwhile(one(width)), switch(*a))[1]  # type: ignore[method-assign]
        with pytest.raises(PromotedMeanwhile):
            second.promote(one(width + 1), "two")
    assert [each.to_set for each in first.promotions()] == [one(4).id, one(2).id]
    third = DynamoDBRecipes(aws.dynamodb, "recipes", ManualClock())
    assert third.active().in_order == (one(4), one(2))


# --- objects ---


def refs(aws: Aws, *, pinned: bool, bodies: tuple[bytes, ...] = (b"one", b"two")) -> list[ObjectRef]:
    found = []
    for body in bodies:
        answer = aws.s3.put_object(Bucket="uploads", Key=KEY, Body=body)
        found.append(
            ObjectRef("uploads", KEY, answer["VersionId"] if pinned else None, answer["ETag"].strip('"'))
        )
    return found


def test_an_erasure_grows_and_forgets_nothing(aws: Aws):
    erasures = DynamoDBErasures(aws.dynamodb, "erasures")
    assert not erasures.of(KEY)
    erasures.extend(KEY, through=SECOND, versions=["v1"])
    erasures.extend(KEY, through=FIRST, versions=["v2"])
    erasures.extend(KEY)
    found = erasures.of(KEY)
    assert found == DynamoDBErasures(aws.dynamodb, "erasures").extend(KEY)
    assert found.through == SECOND
    assert [found.has_version(version) for version in ("v1", "v2", "v3")] == [True, True, False]
    assert not erasures.of(f"{KEY}+")


def test_erasing_deletes_what_is_covered_and_spares_a_later_upload(aws: Aws, store: DynamoDBEventStore):
    old, new = [list(map(recorded, story(KEY, rev))) for rev in (FIRST, SECOND)]
    for event in [*old, *new]:
        store.append(event)
    store.replace_status(fold(new, REQUIRED), None)
    assert store.revisions(KEY) == {FIRST, SECOND}
    assert store.revisions(KEY, Erasure(FIRST)) == {FIRST}
    assert store.erase(KEY, Erasure(FIRST)) == len(old)
    assert {event.revision for event in store.history(KEY)} == {SECOND}
    assert store.status(KEY) is not None
    by_version = DynamoDBErasures(aws.dynamodb, "erasures").extend(KEY, versions=["v1"])
    assert store.erase(KEY, by_version) == len(new) + 1
    assert (store.history(KEY), store.status(KEY), store.revisions(KEY)) == ([], None, set())


def test_a_pinned_object_is_read_as_it_was(aws: Aws):
    objects = S3ObjectStore(aws.s3)
    old, new = refs(aws, pinned=True)
    assert (objects.get(old), objects.get(new)) == (b"one", b"two")
    assert (objects.is_current(old), objects.is_current(new)) == (False, True)


def test_without_a_version_the_etag_tells_that_it_is_superseded(aws: Aws):
    objects = S3ObjectStore(aws.s3)
    old, new = refs(aws, pinned=False)
    with pytest.raises(Superseded):
        objects.get(old)
    assert objects.get(new) == b"two"
    assert (objects.is_current(old), objects.is_current(new)) == (False, True)


@pytest.mark.parametrize("pinned", [True, False])
def test_a_deleted_object_is_no_longer_current(aws: Aws, pinned: bool):
    objects = S3ObjectStore(aws.s3)
    (ref,) = refs(aws, pinned=pinned, bodies=(b"one",))
    aws.s3.delete_object(Bucket="uploads", Key=KEY)
    assert not objects.is_current(ref)
    if pinned:
        assert objects.get(ref) == b"one"
    elif not hasattr(aws.s3, "meta"):  # moto does not report that it was a delete marker
        with pytest.raises(Superseded):
            objects.get(ref)


def test_a_key_has_its_own_versions_and_a_delete_marker_is_one(aws: Aws):
    objects = S3ObjectStore(aws.s3)
    old, new = refs(aws, pinned=True)
    marker = aws.s3.delete_object(Bucket="uploads", Key=KEY)["VersionId"]
    versions = [str(old.version_id), str(new.version_id), marker]
    assert [objects.has_version("uploads", KEY, version) for version in versions] == [True, True, True]
    other = aws.s3.put_object(Bucket="uploads", Key=f"{KEY}+", Body=b"x")["VersionId"]
    assert not objects.has_version("uploads", KEY, other)


def test_a_version_that_was_removed_for_good_is_gone_or_superseded(aws: Aws):
    objects = S3ObjectStore(aws.s3)
    old, new = refs(aws, pinned=True)
    aws.s3.delete_object(Bucket="uploads", Key=KEY, VersionId=old.version_id)
    with pytest.raises(Superseded):
        objects.get(old)
    aws.s3.delete_object(Bucket="uploads", Key=KEY, VersionId=new.version_id)
    with pytest.raises(Gone):
        objects.get(new)


def test_what_is_current_is_the_newest_version_that_is_left(aws: Aws):
    objects = S3ObjectStore(aws.s3)
    old, new = refs(aws, pinned=True)
    current = objects.current("uploads", KEY)
    assert current is not None
    assert (current.version_id, current.size, current.etag) == (new.version_id, 3, new.etag)
    aws.s3.delete_object(Bucket="uploads", Key=KEY, VersionId=new.version_id)
    current = objects.current("uploads", KEY)
    assert current is not None
    assert current.version_id == old.version_id
    marker = aws.s3.delete_object(Bucket="uploads", Key=KEY)["VersionId"]
    assert objects.current("uploads", KEY) is None
    for version in (marker, old.version_id):
        aws.s3.delete_object(Bucket="uploads", Key=KEY, VersionId=version)
    assert objects.current("uploads", KEY) is None


def test_objects_are_listed_by_prefix_and_deleted(aws: Aws):
    objects = S3ObjectStore(aws.s3)
    for name in ("a/1", "a/2", "b/1"):
        objects.put("images", name, b"x", "image/png")
    assert list(objects.list("images", "a/")) == ["a/1", "a/2"]
    objects.delete("images", ["a/1", "a/never was"])
    assert list(objects.list("images", "")) == ["a/2", "b/1"]


# --- queue and topic ---


def test_a_message_is_delayed_and_redriven_with_its_receive_count(aws: Aws):
    queue = SQSQueue(lambda: aws.sqs, aws.inbox, aws.dead)
    aws.sqs.send_message(QueueUrl=aws.inbox, MessageBody="body")

    def receive(url: str = aws.inbox) -> list[Any]:
        answer = aws.sqs.receive_message(
            QueueUrl=url, AttributeNames=["All"], MessageAttributeNames=["All"], VisibilityTimeout=30
        )
        return list(answer.get("Messages", []))

    for count in ("1", "2"):
        (message,) = receive()
        assert message["Attributes"]["ApproximateReceiveCount"] == count
        assert receive() == []
        queue.delay(message["ReceiptHandle"], 0)
    assert receive() == []
    assert [message["Body"] for message in receive(aws.dead)] == ["body"]
    queue.dead_letter("other", {"error_type": "Boom"})
    (letter,) = receive(aws.dead)
    assert letter["MessageAttributes"]["error_type"]["StringValue"] == "Boom"


def test_a_topic_takes_our_messages_and_refuses_others(aws: Aws):
    clock = ManualClock()
    message = compose(processed(story("漢字.jpg", clock=clock), clock=clock))
    SNSTopic(aws.sns, aws.topic).publish(message)
    if isinstance(aws.sns, InMemorySNS):
        with pytest.raises(Refused):
            SNSTopic(aws.sns, aws.topic).publish(type(message)("x" * 101, "", "", {}))
    else:
        with pytest.raises(Refused):
            SNSTopic(aws.sns, aws.topic + "-unknown").publish(message)
