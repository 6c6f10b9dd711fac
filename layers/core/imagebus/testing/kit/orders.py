"""In which orders events are delivered."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from random import Random

from imagebus.testing.kit.messages import Message


def pairs(messages: Sequence[Message]) -> list[tuple[Message, Message]]:
    """Events about one image, or about the stack: those of one type and of one upload first."""
    found = [pair for pair in itertools.combinations(messages, 2) if pair[0].image == pair[1].image]
    found.sort(key=lambda pair: pair[0].about != pair[1].about)
    found.sort(key=lambda pair: pair[0].detail_type != pair[1].detail_type)
    return found


def orders(messages: tuple[Message, ...], most: int, seed: int) -> Iterator[tuple[Message, ...]]:
    """All orders, if there are few enough; otherwise the reverse, and random ones."""
    if math.factorial(min(len(messages), 20)) <= most:
        yield from itertools.permutations(messages)
        return
    yield messages[::-1]
    random = Random(seed)  # noqa: S311  the seed is in the report
    for _ in range(most // 4):
        yield tuple(random.sample(messages, len(messages)))
