"""An event about an object in a versioned bucket names the version; one about an unversioned bucket does not.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

from typing import Any

import pytest
from ministack.services import s3

from tests.aws_rules.emulated import messages, patched, queue, rule

__all__ = ["patched"]

pytestmark = pytest.mark.usefixtures("patched")


def fire(version_id: str | None) -> dict[str, Any]:
    """The event that S3 sends about a new object."""
    inbox = queue("inbox", rule="uploads")
    rule("uploads", "aws.s3", Arn=inbox)
    s3._bucket_notifications["uploads"] = (
        "<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>"
    )
    s3._fire_s3_event(
        "uploads", "a b+c.jpg", "s3:ObjectCreated:Put", 5, '"e"', version_id=version_id, sequencer="A"
    )
    (message,) = messages(inbox)
    event: dict[str, Any] = message["body"]
    return event


def test_a_version_is_named_where_there_is_one() -> None:
    assert fire("v1")["detail"]["object"] == {
        "key": "a b+c.jpg", "size": 5, "etag": "e", "sequencer": "A", "version-id": "v1",
    }  # fmt: skip


def test_an_unversioned_bucket_names_none() -> None:
    assert "version-id" not in fire(None)["detail"]["object"]
