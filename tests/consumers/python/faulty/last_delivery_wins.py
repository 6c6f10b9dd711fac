"""order-dependent: what arrives last replaces what is there."""

import os

from gallery.right import announce, known, typed

from imagebus.aws import client
from imagebus.consumer import consumer
from imagebus.events import Event, NotAnEvent
from imagebus.events.catalog import parse
from imagebus.inbox import Delivery


def receive(delivery: Delivery) -> None:
    event = parse(delivery.envelope["detail-type"], delivery.envelope["detail"])
    if not isinstance(event, Event):
        raise NotAnEvent(event.detail_type)
    about, told = known(event)
    item = {"image_key": event.meta.image_key, "about": about, **told}
    client("dynamodb").put_item(TableName=os.environ["IMAGES_TABLE"], Item=typed(item))
    if not delivery.replayed:
        announce(event)


handle = consumer(receive)
