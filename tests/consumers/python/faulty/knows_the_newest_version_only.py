"""old-version: refuses what was published before the newest version."""

from gallery.right import receive as right

from imagebus.consumer import consumer
from imagebus.events import NotAnEvent
from imagebus.events.catalog import BY_DETAIL_TYPE
from imagebus.inbox import Delivery


def receive(delivery: Delivery) -> None:
    newest = BY_DETAIL_TYPE[delivery.envelope["detail-type"]].version()
    if delivery.envelope["detail"]["meta"]["schema_version"] != newest:
        raise NotAnEvent("that is an old version")
    right(delivery)


handle = consumer(receive)
