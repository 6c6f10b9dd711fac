"""loses-poison: whatever it cannot read, it drops."""

from contextlib import suppress

from gallery.right import receive as right

from imagebus.consumer import consumer
from imagebus.events import NotAnEvent, UnknownEvent
from imagebus.inbox import Delivery


def receive(delivery: Delivery) -> None:
    with suppress(NotAnEvent):
        try:
            right(delivery)
        except UnknownEvent as newer:
            raise RuntimeError("a newer version waits in the dead letters") from newer


handle = consumer(receive)
