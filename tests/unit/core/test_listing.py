"""Pages of a sharded list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagebus.identity import image_id
from imagebus.listing import ShardPage, decode_cursor, encode_cursor, merge

POSITIONS = st.lists(st.integers(0, 500), max_size=60, unique=True)


def listed_at(number: int) -> str:
    return f"2026-01-01T00:00:{number // 1000:02d}.{number % 1000:03d}Z#{image_id(str(number))}"


@given(st.from_regex(r"0[0-9a-f]{43}", fullmatch=True))
def test_every_text_of_the_pattern_is_a_position(cursor: str) -> None:
    assert encode_cursor(decode_cursor(cursor)) == cursor


@pytest.mark.parametrize("cursor", ["", "0", "1" * 44, "0" * 43 + "g", "0" * 45, "٠" * 44])
def test_other_texts_are_no_cursors(cursor: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        decode_cursor(cursor)


@given(st.lists(POSITIONS, min_size=4, max_size=4), st.integers(1, 20), st.integers(1, 20))
def test_pages_bring_every_item_once_newest_first_even_when_queries_end_early(
    shards: list[list[int]], limit: int, query_ends_after: int
) -> None:
    """DynamoDB ends a query after 1 MB, which may be before `limit` items."""
    numbers: list[int] = []
    before = "9"
    for _ in range(1000):
        pages = []
        for shard in shards:
            older = sorted((listed_at(n) for n in set(shard) if listed_at(n) < before), reverse=True)
            got = older[: min(limit, query_ends_after)]
            pages.append(
                ShardPage([{"listed_at": each} for each in got], got[-1] if len(got) < len(older) else "")
            )
        page = merge(pages, limit)
        assert len(page.items) <= limit
        numbers += [item["listed_at"] for item in page.items]  # type: ignore[misc]
        if page.cursor is None:
            break
        before = decode_cursor(page.cursor)
    expected = sorted((listed_at(n) for shard in shards for n in set(shard)), reverse=True)
    # unlike an image, a number may be in two shards here: count it once per shard
    assert sorted(set(numbers), reverse=True) == sorted(set(expected), reverse=True)
    assert numbers == sorted(numbers, reverse=True)
