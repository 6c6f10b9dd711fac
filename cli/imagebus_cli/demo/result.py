"""How each image of the demonstration ended, and whether that is how it should have ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imagebus.history.fold import Item
from imagebus_cli.demo.pictures import Picture
from imagebus_cli.stack.subscription import Notification
from imagebus_cli.uploads.tracking import Upload, seconds


@dataclass(frozen=True)
class DemoResult:
    """`item` is None for an image that did not reach its end in time."""

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
        """What is wrong with this ending, or None."""
        if self.item is None:
            return "reached no end in time"
        expected = (self.picture.expected,) if self.picture.expected else ("completed", "rejected")
        if self.status not in expected:
            return f"ended as {self.status} {self.reason}".rstrip() + f", expected {' or '.join(expected)}"
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
    """One per picture, in the pictures' order. Only a notification about the uploaded revision counts."""
    by_key = {upload.key: upload for upload in uploads}
    told: dict[tuple[str, str], int] = {}
    for notification in notifications:
        about = (notification.image_key, notification.revision)
        told[about] = told.get(about, 0) + 1
    return [
        DemoResult(
            picture,
            item := items.get(picture.key),
            seconds(by_key[picture.key], item) if item else None,
            told.get((picture.key, item["revision"]), 0) if item else 0,
        )
        for picture in pictures
    ]
