"""By which labels an image is found, and the rows that say so."""

from __future__ import annotations

from typing import Any

import pytest

from imagebus.history.labels import MAX_LABELS, label_rows, labels, normal


def item_with(*found: tuple[str, float]) -> dict[str, Any]:
    return {
        "image_key": "uploads/a.jpg",
        "sk": "STATUS",
        "status": "completed",
        "listed_at": "2026-01-02T03:04:05.000Z#0c9f",
        "revision": "0066A1",
        "version_id": "v1",
        "list_shard": "3",
        "status_shard": "completed#3",
        "labels": {"labels": [{"name": name, "confidence": confidence} for name, confidence in found]},
    }


@pytest.mark.parametrize(
    ("name", "stored"),
    [("Dog", "dog"), ("  Hot \t Dog ", "hot dog"), ("STRASSE", "strasse"), ("Straße", "strasse")],
)
def test_labels_are_compared_without_case_and_with_single_spaces(name: str, stored: str):
    assert normal(name) == stored


def test_each_label_counts_once_and_the_most_certain_first():
    item = item_with(("Sea", 70), ("Dog", 99.5), ("dog", 80), (" ", 100), ("Animal", 99))
    assert labels(item) == ["dog", "animal", "sea"]


def test_of_too_many_labels_the_most_certain_ones_are_kept():
    item = item_with(*((f"label {number}", number) for number in range(MAX_LABELS + 5)))
    assert set(labels(item)) == {f"label {number}" for number in range(5, MAX_LABELS + 5)}


def test_a_row_has_what_a_list_shows_and_its_place_in_the_index():
    same = {
        "image_key": "uploads/a.jpg",
        "listed_at": "2026-01-02T03:04:05.000Z#0c9f",
        "revision": "0066A1",
        "version_id": "v1",
    }
    assert label_rows(item_with(("Sea", 99), ("Ärger", 80), ("Dog", 70))) == [
        same | {"sk": "LABEL#dog", "status_shard": "label=dog#3"},
        same | {"sk": "LABEL#sea", "status_shard": "label=sea#3"},
        same | {"sk": "LABEL#ärger", "status_shard": "label=ärger#3"},
    ]


def test_without_labels_or_an_item_there_are_no_rows():
    assert label_rows(None) == []
    assert label_rows(item_with()) == []
    assert label_rows({name: value for name, value in item_with().items() if name != "labels"}) == []


def test_an_image_without_a_version_has_rows_without_one():
    item = {name: value for name, value in item_with(("Dog", 90)).items() if name != "version_id"}
    assert [*label_rows(item)[0]] == ["image_key", "listed_at", "revision", "sk", "status_shard"]
