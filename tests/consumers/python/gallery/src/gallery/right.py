"""What a right consumer does. The handlers in ../../../faulty change one thing each."""

from __future__ import annotations

import json
import os
import uuid
from typing import Any

from imagebus.aws import client
from imagebus.events import Event, EventData, NotAnEvent
from imagebus.events.analyzer import LabelsDetected
from imagebus.events.catalog import parse
from imagebus.events.recorder import ImageProcessed
from imagebus.events.validator import ImageRejected
from imagebus.inbox import Delivery


def receive(delivery: Delivery) -> None:
    event = parse(delivery.envelope["detail-type"], delivery.envelope["detail"])
    if not isinstance(event, Event):
        raise NotAnEvent(event.detail_type)
    write(event)
    if not delivery.replayed:
        announce(event)


def known(event: Event[EventData]) -> tuple[str, dict[str, Any]]:
    """What the event says about its image: a subject, and attributes."""
    data = event.data
    if isinstance(data, ImageProcessed):
        return "outcome", {"status": "completed", "format": data.format or "", "width": data.width or 0}
    if isinstance(data, ImageRejected):
        return "outcome", {"status": "rejected", "code": data.code}
    if isinstance(data, LabelsDetected):
        return "labels", {"labels": [label.name for label in data.labels]}
    raise NotAnEvent(event.detail_type)


def write(event: Event[EventData]) -> None:
    """An older upload never replaces a newer one."""
    about, told = known(event)
    meta = event.meta
    item = {"image_key": meta.image_key, "about": about, "revision": meta.revision, **told}
    dynamodb = client("dynamodb")
    try:
        dynamodb.put_item(
            TableName=os.environ["IMAGES_TABLE"],
            Item=typed(item),
            ConditionExpression="attribute_not_exists(revision) OR revision < :revision",
            ExpressionAttributeValues={":revision": {"S": meta.revision}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return


def announce(event: Event[EventData]) -> None:
    """The id follows from the event's, so that whoever receives it twice knows that it is one fact."""
    fact = str(uuid.uuid5(uuid.NAMESPACE_URL, event.meta.event_id))
    detail = {"meta": {"event_id": fact}, "data": {"image_key": event.meta.image_key}}
    client("events").put_events(
        Entries=[
            {
                "EventBusName": os.environ["EVENT_BUS"],
                "Source": "gallery",
                "DetailType": "ImageListed",
                "Detail": json.dumps(detail),
            }
        ]
    )


def typed(item: dict[str, Any]) -> dict[str, Any]:
    """As DynamoDB's attributes."""
    return {name: _attribute(value) for name, value in item.items()}


def _attribute(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        return {"L": [_attribute(each) for each in value]}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}
