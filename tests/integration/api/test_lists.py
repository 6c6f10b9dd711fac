"""Lists are complete, newest first, and no page costs more than the first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from imagebus.erasures import Erasure
from imagebus.events.analyzer import Label, LabelsDetected
from imagebus.listing import Filters, ImageIndex
from imagebus.store import marshal_item
from tests.integration.api.conftest import TABLE, World


def pages(world: World, **query: str) -> list[list[str]]:
    found, cursor = [], ""
    while True:
        body = world.get("images", **query, **({"cursor": cursor} if cursor else {})).json
        found.append([item["key"] for item in body["items"]])
        cursor = body.get("cursor", "")
        if not cursor:
            return found


def test_pages_hold_every_image_once_newest_first(world: World) -> None:
    keys = [f"image-{number}.jpg" for number in range(23)]
    for key in keys:
        world.uploaded(key)
    found = pages(world, limit="5")
    assert [len(page) for page in found] == [5, 5, 5, 5, 3]
    assert [key for page in found for key in page] == keys[::-1]


def test_a_status_filters(world: World) -> None:
    world.completed("good.jpg")
    world.rejected("bad.jpg")
    world.uploaded("new.jpg")
    assert pages(world, status="rejected") == [["bad.jpg"]]
    assert pages(world, status="processing") == [["new.jpg"]]
    assert pages(world, status="deleted") == [[]]
    assert pages(world, status="", limit="", cursor="") == [["new.jpg", "bad.jpg", "good.jpg"]]


def test_times_filter_by_when_images_were_uploaded(world: World) -> None:
    made = {}
    for key in ("a.jpg", "b.jpg", "c.jpg", "d.jpg"):
        made[key] = world.get(f"images/{world.uploaded(key).image_key}").json["created_at"]
    assert pages(world, since=made["b.jpg"]) == [["d.jpg", "c.jpg", "b.jpg"]]
    assert pages(world, until=made["c.jpg"]) == [["b.jpg", "a.jpg"]]
    assert pages(world, since=made["b.jpg"], until=made["d.jpg"], limit="1") == [["c.jpg"], ["b.jpg"]]
    assert pages(world, since=made["d.jpg"], until=made["a.jpg"]) == [[]]
    assert pages(world, until="2020-01-01") == [[]]
    assert pages(world, since="2020-01-01", status="processing", limit="3") == [
        ["d.jpg", "c.jpg", "b.jpg"],
        ["a.jpg"],
    ]


def test_a_prefix_filters_and_pages_end(world: World) -> None:
    for number in range(9):
        world.uploaded(f"{'trip' if number % 3 == 0 else 'home'}/{number}.jpg")
    world.rejected("trip/bad.jpg")
    found = pages(world, prefix="trip/", limit="2")
    assert [key for page in found for key in page] == [
        "trip/bad.jpg", "trip/6.jpg", "trip/3.jpg", "trip/0.jpg",
    ]  # fmt: skip
    assert max(map(len, found)) <= 2
    assert pages(world, prefix="trip/", status="rejected") == [["trip/bad.jpg"]]
    assert pages(world, prefix="tripp") == [[]]
    assert pages(world, prefix="") == pages(world)


def labelled(world: World, key: str, *names: str, revision: str = "1") -> None:
    cause = world.completed(key) if revision == "1" else world.uploaded(key, revision)
    found = tuple(Label(name=name, confidence=90 - n, parents=()) for n, name in enumerate(names))
    world.tell(cause, LabelsDetected(labels=found, model_versions={"labels": "3.0"}))


def test_a_label_finds_the_images_that_have_it(world: World) -> None:
    labelled(world, "a.jpg", "Cat", "Sofa")
    labelled(world, "b.jpg", "Cat")
    labelled(world, "c.jpg", "Hot Dog")
    world.completed("none.jpg")
    assert pages(world, label="cat") == [["b.jpg", "a.jpg"]]
    assert pages(world, label="CAT", limit="1") == [["b.jpg"], ["a.jpg"]]
    assert pages(world, label=" hot  dog ") == [["c.jpg"]]
    assert pages(world, label="dog") == pages(world, label="cat#1") == [[]]
    assert pages(world, label="cat", prefix="a") == [["a.jpg"]]
    assert pages(world, label="cat", status="completed", until="2030-01-01") == [["b.jpg", "a.jpg"]]
    assert pages(world, label="cat", status="rejected") == [[]]
    assert len(world.get("images", label="cat", urls="true").json["items"][0]["urls"]) == 1


def test_an_image_is_no_longer_found_by_what_it_was(world: World) -> None:
    for key in ("deleted.jpg", "replaced.jpg"):
        labelled(world, key, "Cat", "Sofa")
    labelled(world, "erased.jpg", "Cat", "Sofa", revision="5" * 32)
    world.deleted("deleted.jpg")
    labelled(world, "replaced.jpg", "Cat", "Dog", revision="2")
    world.store.erase("erased.jpg", Erasure("9" * 32))
    assert pages(world, label="cat") == [["replaced.jpg"]]
    assert pages(world, label="sofa") == [[]]
    assert pages(world, label="dog") == [["replaced.jpg"]]
    rows = world.dynamodb.scan(TableName=TABLE)["Items"]
    assert {row["sk"]["S"] for row in rows if row["sk"]["S"].startswith("LABEL#")} == {
        "LABEL#cat",
        "LABEL#dog",
    }
    assert not [row for row in rows if row["image_key"]["S"] == "erased.jpg"]


def test_a_row_without_its_image_or_of_another_time_finds_nothing(world: World) -> None:
    """The index lags by milliseconds, and a table may have been restored."""
    labelled(world, "a.jpg", "Cat")
    (row,) = world.store.label_rows("a.jpg")
    for stale in ({**row, "image_key": "gone.jpg"}, {**row, "sk": "LABEL#old", "listed_at": "2020#0"}):
        world.dynamodb.put_item(TableName=TABLE, Item=marshal_item(stale))
    assert pages(world, label="cat") == [["a.jpg"]]


def test_a_page_of_a_rare_prefix_may_be_empty_but_leads_on(world: World) -> None:
    """DynamoDB ends a query after 1 MB, whatever the filter leaves of it."""
    for number in range(50):
        world.uploaded(f"{'rare' if number == 0 else 'common'}/{number}.jpg")

    class Small:
        """Ends each query after two items."""

        def query(self, **request: Any) -> Any:
            return world.dynamodb.query(**{"Limit": 2, **request})

    index = ImageIndex(Small(), TABLE)  # type: ignore[arg-type]
    empty = index.newest(Filters(prefix="rare/"), 5, None)
    assert not empty.items
    assert empty.cursor
    found, cursor = list[str](), empty.cursor
    while cursor:
        page = index.newest(Filters(prefix="rare/"), 5, cursor)
        found += [item["image_key"] for item in page.items]
        cursor = page.cursor  # type: ignore[assignment]
    assert found == ["rare/0.jpg"]


def test_stats_count_each_status_and_are_kept_for_ten_seconds(world: World) -> None:
    for key in ("a.jpg", "b.jpg"):
        world.completed(key)
    world.rejected("c.jpg")
    world.deleted("d.jpg")
    first = world.get("stats").json
    assert first["counts"] == {"completed": 2, "rejected": 1, "deleted": 1, "processing": 0, "failed": 0}
    assert first["complete"] is True
    world.uploaded("e.jpg")
    assert world.get("stats").json == first
    world.clock.advance(10)
    later = world.get("stats").json
    assert later["counts"]["processing"] == 1
    assert later["as_of"] > first["as_of"]


def test_counting_ends_in_time_and_says_so(world: World) -> None:
    for number in range(40):
        world.uploaded(f"{number}.jpg")

    class Small:
        def get_paginator(self, name: str) -> Any:
            whole = world.dynamodb.get_paginator(name)
            return SimpleNamespace(
                paginate=lambda **request: whole.paginate(**request, PaginationConfig={"PageSize": 2})
            )

    index = ImageIndex(Small(), TABLE)  # type: ignore[arg-type]
    assert index.counts(["processing"], lambda: True) == ({"processing": 40}, True)
    counts, complete = index.counts(["processing"], lambda: False)
    assert (counts["processing"] < 40, complete) == (True, False)


def test_an_item_has_what_a_gallery_needs(world: World) -> None:
    world.completed("good.jpg")
    (item,) = world.get("images", urls="true").json["items"]
    assert (item["size"], item["processed_size"], item["thumbhash"]) == (11, 17, "U8cJ")
    assert "thumbnails/320x320.jpg" in item["urls"]["thumbnail"]
    assert item["created_at"].endswith("Z")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "done"), ("limit", "0"), ("limit", "101"), ("limit", "ten"), ("limit", "-1"),
        ("limit", "1.0"), ("cursor", "x"), ("cursor", "f" * 44), ("urls", "yes"), ("unknown", "1"),
        ("since", "yesterday"), ("until", "2026-13-01"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_refused_in_words(world: World, name: str, value: str) -> None:
    answer = world.get("images", **{name: value})
    assert answer.status == 400
    assert answer.json["code"] in ("invalid_request", "invalid_cursor", "invalid_time")


def test_a_repeated_parameter_is_refused(world: World) -> None:
    answer = world.call("GET", "images", query={"status": ["completed", "failed"]})
    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
    assert "'status' is given 2 times" in answer.json["detail"]
