"""The event archive, created through the API because the emulator's CloudFormation does not support it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


def ensure(events: EventBridgeClient, name: str, bus: str, properties: dict[str, Any]) -> None:
    """Creates the archive, or updates an existing one to `properties` (the template's)."""
    about = str(properties.get("Description", ""))
    pattern = json.dumps(properties["EventPattern"])
    try:
        events.update_archive(ArchiveName=name, Description=about, EventPattern=pattern)
    except events.exceptions.ResourceNotFoundException:
        arn = events.describe_event_bus(Name=bus)["Arn"]
        # The SDK repeats a request whose response was lost: "exists" means that it worked.
        with suppress(events.exceptions.ResourceAlreadyExistsException):
            events.create_archive(
                ArchiveName=name, EventSourceArn=arn, Description=about, EventPattern=pattern
            )
