"""unknown-field: refuses an event with a field that it does not know."""

from gallery.right import receive as right

from imagebus.consumer import consumer
from imagebus.events import NotAnEvent
from imagebus.events.catalog import BY_DETAIL_TYPE
from imagebus.inbox import Delivery


def receive(delivery: Delivery) -> None:
    detail = delivery.envelope["detail"]
    model = BY_DETAIL_TYPE[delivery.envelope["detail-type"]]
    if detail.get("data", {}).keys() - {*model.__struct_fields__, "model_version"}:
        raise NotAnEvent("there are unknown fields")
    right(delivery)


handle = consumer(receive)
