"""replays: tells the world again what happened long ago."""

from dataclasses import replace

from gallery.right import receive as right

from imagebus.consumer import consumer
from imagebus.events.envelope import as_live
from imagebus.identity import canonical_json
from imagebus.inbox import Delivery


def receive(delivery: Delivery) -> None:
    right(replace(delivery, body=canonical_json(as_live(delivery.envelope))))


handle = consumer(receive)
