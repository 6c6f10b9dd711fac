"""How each image of the demo ended, and whether that was expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imagebus.history.fold import Item
from imagebus_cli.demo.pictures import Picture
from imagebus_cli.stack.subscription import Notification
from imagebus_cli.uploads.tracking import Upload, seconds


@dataclass(frozen=True)
class DemoResult:
    """`item` is None for an image that did not finish in time."""

    picture: Picture
    item: Item | None
    seconds: float | None
    notifications: int

    @property
    def key(self) -> str:
        return self.picture.key

    @property
    def status(self) -> str:
        return str(self.item["status"]) if self.item else "unfinished"

    @property
    def reason(self) -> str:
        return str(self.item.get("reason") or "") if self.item else ""

    def as_json(self) -> dict[str, Any]:
        return {
            "image_key": self.key,
            "status": self.status,
            "reason": self.reason or None,
            "seconds": self.seconds,
            "notifications": self.notifications,
            "trouble": self.trouble,
        }

    @property
    def trouble(self) -> str | None:
        """What is unexpected, or None."""
        if self.item is None:
            return "did not finish in time"
        expected = (self.picture.expected,) if self.picture.expected else ("completed", "rejected")
        if self.status not in expected:
            return f"is {self.status} {self.reason}".rstrip() + f", expected {' or '.join(expected)}"
        if self.picture.code and self.reason != self.picture.code:
            return f"was rejected as {self.reason}, expected {self.picture.code}"
        if self.notifications != 1:
            return f"was announced {self.notifications} times"
        return None


def results(
    pictures: Sequence[Picture],
    uploads: Iterable[Upload],
    items: Mapping[str, Item],
    notifications: Iterable[Notification],
) -> list[DemoResult]:
    """One per picture, in the same order. Only notifications about the uploaded revision count."""
    by_key = {upload.key: upload for upload in uploads}
    announced = Counter((each.image_key, each.revision) for each in notifications)
    return [
        DemoResult(
            picture,
            item := items.get(picture.key),
            seconds(by_key[picture.key], item) if item else None,
            announced[picture.key, item["revision"]] if item else 0,
        )
        for picture in pictures
    ]
