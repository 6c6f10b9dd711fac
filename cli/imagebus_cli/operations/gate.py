"""What a deploy of this checkout would change: the differences that verify finds, chosen and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from imagebus.events.catalog import BY_DETAIL_TYPE
from imagebus.history.required import Required, alternatives
from imagebus_cli.operations.table import ScannedImage
from imagebus_cli.operations.verify import Difference
from imagebus_cli.output.text import count
from imagebus_cli.problem import Problem


def chosen(images: Iterable[ScannedImage], prefix: str, sample: int | None) -> Iterator[ScannedImage]:
    """At most so many images with the prefix, in the table's order, which follows neither age nor name."""
    return islice((image for image in images if image.image_key.startswith(prefix)), sample)


def required_facts(text: str) -> Required:
    """Raises Problem."""
    try:
        needed = Required.parse(text)
    except ValueError as error:
        raise Problem(f"{error}.", "docs/events.md lists the events.", exit_code=2) from error
    if unheard := sorted(alternatives(needed.facts) - BY_DETAIL_TYPE.keys()):
        raise Problem(f"There is no event {unheard[0]}.", "docs/events.md lists the events.", exit_code=2)
    return needed


@dataclass
class Summary:
    """`expected` names the attributes that may differ. `fields` and `statuses` count images."""

    expected: Collection[str] = ()
    images: int = 0
    differences: list[Difference] = field(default_factory=list)
    fields: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)

    def add(self, difference: Difference | None) -> None:
        self.images += 1
        if difference is None:
            return
        self.differences.append(difference)
        self.fields.update(difference.attributes)
        if difference.status:
            self.statuses[difference.status] += 1

    @property
    def unexpected(self) -> list[Difference]:
        """Differences that are not in expected attributes alone."""
        return [
            each
            for each in self.differences
            if not each.attributes or set(each.attributes) - {*self.expected}
        ]

    def document(self) -> dict[str, Any]:
        return {
            "images": self.images,
            "differences": [{**vars(each), "attributes": list(each.attributes)} for each in self.differences],
            "unexpected": len(self.unexpected),
            "fields": dict(self.fields.most_common()),
            "statuses": dict(self.statuses.most_common()),
        }

    def lines(self) -> Iterator[str]:
        differ = count(len(self.differences), "differs from its log", "differ from their log")
        yield f"{count(self.images, 'image')}, {differ}"
        for name, number in self.fields.most_common():
            yield f"  {name}: {number}" + (" (expected)" if name in self.expected else "")
        for change, number in self.statuses.most_common():
            yield f"  {change}: {number}"
